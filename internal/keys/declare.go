package keys

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Declare returns the declarations of a struct type. The error holds all mistakes in
// them, each with the type and the field.
func Declare(t reflect.Type) (*Mapping, error) {
	d := &declaring{}
	m := d.mapping(t, inherited{}, "")
	return m, errors.Join(d.wrong...)
}

// declarations holds the declarations of types, which never change.
var declarations sync.Map

// declared returns the result of Declare. Callers share the result, so they must not
// change it.
func declared(t reflect.Type) (*Mapping, error) {
	type result struct {
		mapping *Mapping
		err     error
	}
	if cached, ok := declarations.Load(t); ok {
		r := cached.(result)
		return r.mapping, r.err
	}
	m, err := Declare(t)
	declarations.Store(t, result{m, err})
	return m, err
}

// declaring holds the state of one run over a type.
type declaring struct {
	wrong []error
	open  []reflect.Type // the structs around the current one
}

func (d *declaring) add(owner Owner, field, format string, values ...any) {
	d.wrong = append(d.wrong, fmt.Errorf("%s.%s: %s", owner, field, fmt.Sprintf(format, values...)))
}

// inherited holds the properties that the keys of a nested struct take from its field.
type inherited struct {
	scopes    []string
	sensitive bool
}

func (d *declaring) mapping(t reflect.Type, parentTags inherited, path string) *Mapping {
	m := &Mapping{Type: t}
	if slices.Contains(d.open, t) {
		d.wrong = append(d.wrong, fmt.Errorf("%s: contains itself", ownerOf(t)))
		return m
	}
	d.open = append(d.open, t)
	d.fields(m, t, nil, parentTags, path)
	d.open = d.open[:len(d.open)-1]
	for _, k := range m.Keys {
		k.optional = slices.ContainsFunc(m.optional, k.below)
		d.checkSiblings(m, k)
	}
	return m
}

// hasKeys reports whether any field of a struct has the tag key, or was meant to.
func hasKeys(t reflect.Type) bool {
	for i := range t.NumField() {
		if strings.Contains(string(t.Field(i).Tag), "key:") {
			return true
		}
	}
	return false
}

// fields adds the keys of a struct, whose index in the struct of the mapping is parent.
func (d *declaring) fields(m *Mapping, t reflect.Type, parent []int, parentTags inherited, path string) {
	owner := ownerOf(t)
	for i := range t.NumField() {
		f := t.Field(i)
		if hasKeys(t) {
			d.tags(f, owner)
		}
		tag, ok := f.Tag.Lookup("key")
		if !ok {
			continue
		}
		index := append(slices.Clone(parent), i)
		name, option, _ := strings.Cut(tag, ",")
		switch {
		case !f.IsExported():
			d.add(owner, f.Name, "is not exported, and has the key %q", tag)
		case option == "inline" && name == "":
			d.inline(m, f, owner, index, parentTags, path)
		case name == "" || option != "":
			d.add(owner, f.Name, `has key:%q, want a name, or ",inline"`, tag)
		case m.key(name) != nil:
			d.add(owner, f.Name, "has the key %s, as another field has", name)
		default:
			m.Keys = append(m.Keys, d.key(f, owner, name, index, parentTags, path))
		}
	}
}

func (d *declaring) inline(m *Mapping, f reflect.StructField, owner Owner, index []int, parentTags inherited, path string) {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
		m.optional = append(m.optional, index)
	}
	if t.Kind() != reflect.Struct {
		d.add(owner, f.Name, "is inlined, and is no struct")
		return
	}
	d.fields(m, t, index, parentTags.extended(f.Tag), path)
}

// extended returns the properties that keys below a field inherit.
func (i inherited) extended(tag reflect.StructTag) inherited {
	if scopes, ok := tag.Lookup("in"); ok {
		i.scopes = strings.Fields(scopes)
	}
	i.sensitive = i.sensitive || tag.Get("sensitive") == "true" || tag.Get("secret") == "true"
	return i
}

// key returns the key of a field.
func (d *declaring) key(f reflect.StructField, owner Owner, name string, index []int, parentTags inherited, path string) *Key {
	parentTags = parentTags.extended(f.Tag)
	k := &Key{
		Name: name, Path: Join(path, name), Owner: owner, Field: f.Name, index: index, typ: f.Type,
		In: parentTags.scopes, Sensitive: parentTags.sensitive,
		Default: f.Tag.Get("default"), If: f.Tag.Get("if"), OneOf: strings.Fields(f.Tag.Get("oneof")),
		Advice: f.Tag.Get("advice"), Example: f.Tag.Get("example"), Short: strings.Fields(f.Tag.Get("short")),
		Scope: f.Tag.Get("scope"), Of: f.Tag.Get("of"), Page: f.Tag.Get("page"),
		Only: f.Tag.Get("only"),
	}
	k.Required, k.Secret, k.Input = d.flag(f, owner, "required"), d.flag(f, owner, "secret"), d.flag(f, owner, "input")
	if k.Only != "" && k.Only != Component && k.Only != Stack {
		d.add(owner, f.Name, "has only:%q, want %s or %s", k.Only, Component, Stack)
	}
	if k.typ.Kind() == reflect.Pointer {
		k.Pointer, k.typ = true, k.typ.Elem()
	}
	d.kind(k, f.Tag)
	if enum, ok := reflect.Zero(k.typ).Interface().(interface{ Values() []string }); ok {
		k.OneOf = enum.Values()
	}
	if text := f.Tag.Get("range"); text != "" {
		r, err := parseRange(text)
		if err != nil {
			d.add(owner, f.Name, "%s", err)
		}
		k.Range = r
	}
	switch k.Kind {
	case Map:
		k.Mapping = d.mapping(k.typ, parentTags, k.Path)
		k.In = k.Mapping.scopes()
	case Maps:
		k.Mapping = d.mapping(k.typ.Elem(), parentTags, k.Path+"[]")
	}
	d.checkTags(k, f.Tag)
	return k
}

// scopes returns every scope in which a key may stand, sorted.
func (m *Mapping) scopes() []string {
	var scopes []string
	for _, k := range m.Visible("") {
		scopes = append(scopes, k.In...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// checkSiblings checks the tags that refer to other keys of the same struct.
func (d *declaring) checkSiblings(m *Mapping, k *Key) {
	d.checkCondition(m, k)
	d.checkShort(k)
	if k.Kind != Scoped {
		return
	}
	k.Mapping = m
	if k.Of != "" {
		list := m.key(k.Of)
		if list == nil || list.Kind != Maps {
			d.add(k.Owner, k.Field, "has of:%q, which is no list of mappings beside it", k.Of)
			return
		}
		k.Mapping = list.Mapping
	}
}

// checkShort reports a key in the tag short that a single value cannot mean: all of them
// must be numbers, or all booleans.
func (d *declaring) checkShort(k *Key) {
	if k.Kind != Map {
		return // reported
	}
	kinds := map[Kind]bool{}
	for _, name := range k.Short {
		below := k.Mapping.key(name)
		if below == nil {
			d.add(k.Owner, k.Field, "has short:%q, and no key %s is below it", strings.Join(k.Short, " "), name)
			continue
		}
		if kinds[below.Kind] = true; below.Kind != Integer && below.Kind != Boolean || len(kinds) > 1 {
			d.add(k.Owner, k.Field, "has short:%q, and %s is a %s; want integers, or booleans", strings.Join(k.Short, " "), name, below.Kind)
		}
	}
}

// Join returns the key of an entry of a mapping: path[""] for an empty name.
func Join(path, name string) string {
	switch {
	case name == "":
		return path + `[""]`
	case path == "":
		return name
	}
	return path + "." + name
}
