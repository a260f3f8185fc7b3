package keys

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Mapping declares the keys of a struct, in the order of its fields.
type Mapping struct {
	// Type is the struct.
	Type reflect.Type
	// Keys are those that a mapping may have, inlined ones included.
	Keys []*Key

	// optional are the indices of inlined pointers.
	optional [][]int
}

// Key is the declaration of one key.
type Key struct {
	// Name is what the user types, such as drainSeconds.
	Name string
	// Path is where the key stands below the struct that was declared, such as
	// models[].lifecycle.drainSeconds.
	Path string
	// Kind is what values look like.
	Kind Kind
	// Pointer reports that the field is a pointer, so that zero is a value.
	Pointer bool
	// Default is the static default as text; "" if the key has none.
	Default string
	// If is the condition of the default: another key of the struct, or such a key,
	// = and its values; "" if the default always applies.
	If string
	// Range bounds numbers; nil if there are no bounds.
	Range *Range
	// OneOf are the only values; empty if there are others.
	OneOf []string
	// Required reports that the key has to be given.
	Required bool
	// Advice is appended to the message about a value out of its range.
	Advice string
	// Example is a value for documentation and messages; "" if there is none.
	Example string
	// Secret reports that the value is encrypted.
	Secret bool
	// Sensitive reports that no message repeats the value.
	Sensitive bool
	// Input reports that another resource may produce the value.
	Input bool
	// In are the scopes in which the key may also stand, such as defaults and pin.
	In []string
	// Short are the keys of the mapping that a lone value stands for.
	Short []string
	// Form is the name of the form by which the value is decoded, of kind Formed.
	Form string
	// Scope is the scope whose keys the mapping has, of kind Scoped; Of is the list
	// beside it that has those keys, "" for the struct itself.
	Scope, Of string
	// Page is the page of the reference, on keys of the root.
	Page string
	// Mapping declares the keys of the mapping or of the items of the list; nil for
	// other kinds.
	Mapping *Mapping
	// Owner is the struct that has the field, and Field its name in Go.
	Owner reflect.Type
	Field string

	typ   reflect.Type // of the field, without a pointer
	index []int        // of the field in the Mapping's struct
}

// Pinned reports whether a pin freezes the value.
func (k *Key) Pinned() bool { return slices.Contains(k.In, PinScope) }

// PinScope is the scope whose keys [Pins] returns.
const PinScope = "pin"

// Visible reports whether the key may stand in a scope; "" is the struct itself.
func (k *Key) Visible(scope string) bool {
	if scope == "" || slices.Contains(k.In, scope) && k.Kind != Map {
		return true
	}
	return k.Kind == Map && len(k.Mapping.visible(scope)) > 0
}

// visible returns the keys that may stand in a scope.
func (m *Mapping) visible(scope string) []*Key {
	return slices.DeleteFunc(slices.Clone(m.Keys), func(k *Key) bool { return !k.Visible(scope) })
}

// Names returns the names of the keys that may stand in a scope. Keys of other
// namespaces, such as aws:region, are not among them.
func (m *Mapping) Names(scope string) []string {
	var names []string
	for _, k := range m.visible(scope) {
		if !strings.Contains(k.Name, ":") {
			names = append(names, k.Name)
		}
	}
	return names
}

// key returns the key of a name; nil if there is none.
func (m *Mapping) key(name string) *Key {
	for _, k := range m.Keys {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Declare returns the declarations of a struct type. Its error holds every mistake
// in them, each with the type and the field.
func Declare(t reflect.Type) (*Mapping, error) {
	d := &declaring{}
	m := d.mapping(t, inherited{}, "")
	return m, errors.Join(d.wrong...)
}

// List returns every key of a struct type, parents before the keys below them.
func List(t reflect.Type) ([]*Key, error) {
	m, err := Declare(t)
	if err != nil {
		return nil, err
	}
	return m.list(), nil
}

func (m *Mapping) list() []*Key {
	var keys []*Key
	for _, k := range m.Keys {
		keys = append(keys, k)
		if k.Mapping != nil && k.Kind != Scoped {
			keys = append(keys, k.Mapping.list()...)
		}
	}
	return keys
}

// declaring is one run over a type.
type declaring struct {
	wrong []error
	open  []reflect.Type // the structs around the current one
}

func (d *declaring) add(owner reflect.Type, field, format string, values ...any) {
	d.wrong = append(d.wrong, fmt.Errorf("%s.%s: %s", owner, field, fmt.Sprintf(format, values...)))
}

// inherited is what the keys of a nested struct take from its field.
type inherited struct {
	in        []string
	sensitive bool
}

func (d *declaring) mapping(t reflect.Type, from inherited, path string) *Mapping {
	m := &Mapping{Type: t}
	if slices.Contains(d.open, t) {
		d.wrong = append(d.wrong, fmt.Errorf("%s: contains itself", t))
		return m
	}
	d.open = append(d.open, t)
	d.fields(m, t, nil, from, path)
	d.open = d.open[:len(d.open)-1]
	for _, k := range m.Keys {
		d.checkSiblings(m, k)
	}
	return m
}

// fields adds the keys of a struct, which stands in the struct of the mapping at an
// index.
func (d *declaring) fields(m *Mapping, t reflect.Type, at []int, from inherited, path string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("key")
		if !ok {
			continue
		}
		index := append(slices.Clone(at), i)
		name, option, _ := strings.Cut(tag, ",")
		switch {
		case !f.IsExported():
			d.add(t, f.Name, "is not exported, and has the key %q", tag)
		case option == "inline" && name == "":
			d.inline(m, f, t, index, from, path)
		case name == "" || option != "":
			d.add(t, f.Name, `has key:%q, want a name, or ",inline"`, tag)
		case m.key(name) != nil:
			d.add(t, f.Name, "has the key %s, as another field has", name)
		default:
			m.Keys = append(m.Keys, d.key(f, t, name, index, from, path))
		}
	}
}

func (d *declaring) inline(m *Mapping, f reflect.StructField, owner reflect.Type, index []int, from inherited, path string) {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
		m.optional = append(m.optional, index)
	}
	if t.Kind() != reflect.Struct {
		d.add(owner, f.Name, "is inlined, and is no struct")
		return
	}
	d.fields(m, t, index, from.with(f.Tag), path)
}

// with returns what keys below a field inherit.
func (from inherited) with(tag reflect.StructTag) inherited {
	if in, ok := tag.Lookup("in"); ok {
		from.in = strings.Fields(in)
	}
	from.sensitive = from.sensitive || tag.Get("sensitive") == "true" || tag.Get("secret") == "true"
	return from
}

// key returns the key of a field.
func (d *declaring) key(f reflect.StructField, owner reflect.Type, name string, index []int, from inherited, path string) *Key {
	from = from.with(f.Tag)
	k := &Key{
		Name: name, Path: join(path, name), Owner: owner, Field: f.Name, index: index, typ: f.Type,
		In: from.in, Sensitive: from.sensitive,
		Default: f.Tag.Get("default"), If: f.Tag.Get("if"), OneOf: strings.Fields(f.Tag.Get("oneof")),
		Advice: f.Tag.Get("advice"), Example: f.Tag.Get("example"), Short: strings.Fields(f.Tag.Get("short")),
		Scope: f.Tag.Get("scope"), Of: f.Tag.Get("of"), Page: f.Tag.Get("page"),
	}
	k.Required, k.Secret, k.Input = d.flag(f, owner, "required"), d.flag(f, owner, "secret"), d.flag(f, owner, "input")
	if k.typ.Kind() == reflect.Pointer {
		k.Pointer, k.typ = true, k.typ.Elem()
	}
	d.kind(k, f.Tag)
	if text := f.Tag.Get("range"); text != "" {
		r, err := parseRange(text)
		if err != nil {
			d.add(owner, f.Name, "%s", err)
		}
		k.Range = r
	}
	switch k.Kind {
	case Map:
		k.Mapping = d.mapping(k.typ, from, k.Path)
	case Maps:
		k.Mapping = d.mapping(k.typ.Elem(), from, k.Path+"[]")
	}
	d.checkTags(k)
	return k
}

// flag reports whether a field has a tag that is true where it is there.
func (d *declaring) flag(f reflect.StructField, owner reflect.Type, tag string) bool {
	text, ok := f.Tag.Lookup(tag)
	if ok && text != "true" {
		d.add(owner, f.Name, `has %s:%q, want %s:"true" or no such tag`, tag, text, tag)
	}
	return ok
}

// checkTags reports tags that mean nothing to the kind of the key.
func (d *declaring) checkTags(k *Key) {
	number := k.Kind == Integer || k.Kind == Number || k.Kind == Integers || k.Kind == Numbers
	for _, of := range []struct {
		tag          string
		given, makes bool
	}{
		{"range", k.Range != nil, number},
		{"oneof", len(k.OneOf) > 0, k.Kind == String || k.Kind == Strings || k.Kind == Integer},
		{"if", k.If != "", k.Default != ""},
		{"short", len(k.Short) > 0, k.Kind == Map},
		{"of", k.Of != "", k.Kind == Scoped},
		{"secret", k.Secret, k.Kind == String},
	} {
		if of.given && !of.makes {
			d.add(k.Owner, k.Field, "has the tag %s, which means nothing for a %s", of.tag, k.Kind)
		}
	}
	if k.Default != "" {
		if err := k.setDefault(reflect.New(k.typ).Elem()); err != nil {
			d.add(k.Owner, k.Field, "has default:%q: %s", k.Default, err)
		}
	}
}

// checkSiblings resolves what names other keys of the same struct.
func (d *declaring) checkSiblings(m *Mapping, k *Key) {
	if name, _, _ := strings.Cut(k.If, "="); name != "" && m.key(name) == nil {
		d.add(k.Owner, k.Field, "has if:%q, and no key %s is beside it", k.If, name)
	}
	for _, name := range k.Short {
		if k.Mapping == nil || k.Mapping.key(name) == nil {
			d.add(k.Owner, k.Field, "has short:%q, and no key %s is below it", strings.Join(k.Short, " "), name)
		}
	}
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

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
