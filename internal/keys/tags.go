package keys

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// words are the tags of a key. foreign are tags of other packages that a field may have
// as well.
var (
	words = []string{
		"key", "default", "if", "range", "oneof", "required", "advice", "example", "secret", "sensitive", "input", "list",
		"short", "as", "in", "scope", "of", "only", "page",
	}
	foreign = []string{"json", "pulumi", "yaml"}
	// inherits are the tags of an inlined struct: its keys inherit them.
	inherits = []string{"key", "in", "sensitive"}
)

// tagOf matches one tag: a word, a colon and a quoted string.
var tagOf = regexp.MustCompile(`^([^\s":]+):("(?:[^"\\]|\\.)*")`)

// parseTags returns the words of a field's tags. Package reflect ignores all tags after a
// mistake, so each mistake is an error.
func parseTags(text string) ([]string, error) {
	var found []string
	for rest := text; rest != ""; {
		one := tagOf.FindStringSubmatch(rest)
		if one == nil {
			return found, errors.New(`want tags such as key:"name", with one space between them and none behind a colon`)
		}
		if _, err := strconv.Unquote(one[2]); err != nil {
			return found, fmt.Errorf("%s is no quoted string", one[2])
		}
		if slices.Contains(found, one[1]) {
			return found, fmt.Errorf("has %s twice", one[1])
		}
		found, rest = append(found, one[1]), rest[len(one[0]):]
		if rest == "" {
			break
		}
		if !strings.HasPrefix(rest, " ") || strings.TrimSpace(rest) == "" {
			return found, fmt.Errorf("want one space between tags, and none at the end; after %s stands %q", one[1], rest)
		}
		rest = rest[1:]
	}
	return found, nil
}

// tags reports mistakes in the tags of a field that do not depend on its type.
func (d *declaring) tags(f reflect.StructField, owner Owner) {
	found, err := parseTags(string(f.Tag))
	if err != nil {
		d.add(owner, f.Name, "has the tags `%s`: %s", f.Tag, err)
	}
	name, isKey := f.Tag.Lookup("key")
	for _, word := range found {
		switch {
		case slices.Contains(foreign, word):
		case !slices.Contains(words, word):
			d.add(owner, f.Name, "has the tag %s, which does not exist; want one of %s", word, strings.Join(words, ", "))
		case !isKey:
			d.add(owner, f.Name, "has the tag %s, and no key", word)
		case name == ",inline" && !slices.Contains(inherits, word):
			d.add(owner, f.Name, "has the tag %s, which means nothing for an inlined struct", word)
		case f.Tag.Get(word) == "" && word != "key" && word != "in":
			d.add(owner, f.Name, `has %s:"", want a value or no such tag`, word)
		}
	}
	scopes := strings.Fields(f.Tag.Get("in"))
	for i, scope := range scopes {
		if slices.Contains(scopes[:i], scope) {
			d.add(owner, f.Name, "has in:%q, with %s twice", f.Tag.Get("in"), scope)
		}
		d.scope(owner, f.Name, "in", scope)
	}
	if scope, ok := f.Tag.Lookup("scope"); ok {
		d.scope(owner, f.Name, "scope", scope)
	}
	d.flag(f, owner, "sensitive")
}

// scope reports a scope that does not exist.
func (d *declaring) scope(owner Owner, field, tag, scope string) {
	if scope != "" && scope != DefaultsScope && scope != PinScope {
		d.add(owner, field, "has the scope %s in the tag %s, want %s or %s", scope, tag, DefaultsScope, PinScope)
	}
}

// flag reports whether a field has a tag whose only value is true.
func (d *declaring) flag(f reflect.StructField, owner Owner, tag string) bool {
	text, ok := f.Tag.Lookup(tag)
	if ok && text != "true" {
		d.add(owner, f.Name, `has %s:%q, want %s:"true" or no such tag`, tag, text, tag)
	}
	return ok
}

var (
	plainName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	// rootName matches the name of a key of the root, which may have another namespace.
	rootName = regexp.MustCompile(`^([a-z][a-z-]*:)?[a-z][A-Za-z0-9]*$`)
)

// checkName reports a name that cannot be part of a path.
func (d *declaring) checkName(k *Key) {
	switch {
	case k.Path == k.Name && rootName.MatchString(k.Name):
	case !plainName.MatchString(k.Name):
		d.add(k.Owner, k.Field, "has key:%q, want a small letter, and then letters and digits", k.Name)
	}
}
