package keys

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// checkTags reports tags that do not apply to the kind of the key, or that contradict
// each other.
func (d *declaring) checkTags(k *Key, tag reflect.StructTag) {
	d.checkName(k)
	root := k.Path == k.Name
	whole := k.Kind == Integer || k.Kind == Integers
	number := whole || k.Kind == Number || k.Kind == Numbers
	constant := k.Kind == String && !k.Pointer || k.Kind == Strings
	for _, of := range []struct {
		tag          string
		given, makes bool
	}{
		{"range", k.Range != nil, number},
		{"oneof", len(k.OneOf) > 0, k.Kind == String || k.Kind == Strings || k.Kind == Integer},
		{"if", k.If != "", k.Default != ""},
		{"short", len(k.Short) > 0, k.Kind == Map},
		{"list", tag.Get("list") != "" && tag.Get("as")+k.Scope != "", false},
		{"of", k.Of != "", k.Kind == Scoped},
		{"secret", k.Secret, k.Kind == String},
		{"input", k.Input, constant && len(k.OneOf) == 0},
		{"advice", k.Advice != "", k.Range != nil || len(k.OneOf) > 0 || k.Required},
	} {
		if of.given && !of.makes {
			d.add(k.Owner, k.Field, "has the tag %s, which means nothing for the type %s", of.tag, k.describe())
		}
	}
	if k.Secret && !root {
		d.add(k.Owner, k.Field, "has the tag secret, and is not at the root, where alone keys are encrypted")
	}
	if k.Page != "" && !root {
		d.add(k.Owner, k.Field, "has page:%q, and is not at the root, where alone keys have a page", k.Page)
	}
	if k.Required && k.Default != "" {
		d.add(k.Owner, k.Field, "has the tag required, and default:%q, so that it is never missing", k.Default)
	}
	if _, typed := reflect.Zero(k.typ).Interface().(interface{ Values() []string }); typed && tag.Get("oneof") != "" {
		d.add(k.Owner, k.Field, "has oneof:%q, and its type has the values", tag.Get("oneof"))
	}
	if whole && !k.Range.isWhole() {
		d.add(k.Owner, k.Field, "has range:%q, want whole numbers, and at least one between them", tag.Get("range"))
	}
	d.checkValues(k)
	d.checkDefault(k)
}

// describe returns the kind of the key, with its possible values.
func (k *Key) describe() string {
	if len(k.OneOf) > 0 {
		return string(k.Kind) + " with certain values"
	}
	return string(k.Kind)
}

// isWhole reports whether the bounds are whole numbers and the range has a whole number.
func (r *Range) isWhole() bool {
	if r == nil {
		return true
	}
	for _, bound := range []*float64{r.Min, r.Max} {
		if bound != nil && *bound != math.Trunc(*bound) {
			return false
		}
	}
	return !r.Above || r.Max == nil || *r.Min+1 <= *r.Max
}

// checkValues reports possible values that the decoder or the range refuses, and an
// example that is not a possible value.
func (d *declaring) checkValues(k *Key) {
	for i, text := range k.OneOf {
		if slices.Contains(k.OneOf[:i], text) {
			d.add(k.Owner, k.Field, "has the value %s twice", text)
		}
		if k.Kind != Integer {
			continue
		}
		switch n, err := strconv.Atoi(text); {
		case err != nil:
			d.add(k.Owner, k.Field, "has the value %s, want whole numbers", text)
		case n == 0 && !k.acceptsZero():
			d.add(k.Owner, k.Field, "has the value 0, which means that the key is not given; want a pointer")
		case !k.Range.Contains(float64(n)):
			d.add(k.Owner, k.Field, "has the value %s, which is out of its range", text)
		}
	}
	simple := k.Kind == Integer || k.Kind == Number || k.Kind == Boolean || k.Kind == String && len(k.OneOf) > 0
	if k.Example == "" || !simple {
		return
	}
	if _, err := k.parsed(k.Example); err != nil {
		d.add(k.Owner, k.Field, "has example:%q: %s", k.Example, err)
	}
}

// checkDefault reports a default that the key does not accept, and a default that would
// replace a typed zero: in a field that is not a pointer, zero means that the key is not
// set.
func (d *declaring) checkDefault(k *Key) {
	if k.Default == "" {
		return
	}
	value, err := k.parsed(k.Default)
	switch {
	case err != nil:
		d.add(k.Owner, k.Field, "has default:%q: %s", k.Default, err)
	case k.Pointer || value.IsZero():
	case k.Kind == Boolean:
		d.add(k.Owner, k.Field, "has default:%q, which would replace false; want a pointer", k.Default)
	case (k.Kind == Integer || k.Kind == Number) && k.acceptsZero():
		d.add(k.Owner, k.Field, "has default:%q, which would replace 0; want a pointer", k.Default)
	}
}

// parsed returns a string as a value of the key, not a pointer. The error is the reason
// why the key does not accept it.
func (k *Key) parsed(text string) (reflect.Value, error) {
	value := reflect.New(k.typ).Elem()
	if err := k.set(value, text); err != nil {
		return value, err
	}
	c := &checking{}
	c.value(k, value, "")
	if len(c.found) > 0 {
		detail, _, _ := strings.Cut(c.found[0].Detail, "; ")
		return value, fmt.Errorf("it %s", detail)
	}
	return value, nil
}
