package keys

import (
	"reflect"
	"slices"
	"strings"
)

// Mapping declares the keys of a struct, in the order of its fields.
type Mapping struct {
	// Type is the struct.
	Type reflect.Type
	// Keys are the possible keys of a mapping, with inlined ones.
	Keys []*Key

	// optional are the indices of inlined pointers.
	optional [][]int
}

// Key is the declaration of one key.
type Key struct {
	// Name is the name that the user types, such as drainSeconds.
	Name string
	// Path is the path of the key below the declared struct, such as
	// models[].lifecycle.drainSeconds.
	Path string
	// Kind describes the values.
	Kind Kind
	// Pointer reports that the field is a pointer, so that zero is a value.
	Pointer bool
	// Default is the static default as text; "" if the key has none.
	Default string
	// If is the condition of the default: another key of the struct, or such a key, =
	// and its values. "": the default always applies.
	If string
	// Range holds the bounds of numbers; nil for no bounds.
	Range *Range
	// OneOf holds the possible values. Empty if any value is possible.
	OneOf []string
	// Required reports that the user must set the key.
	Required bool
	// Advice is the end of the message about a value outside of its range, and of the
	// message about a missing key.
	Advice string
	// Example is a value for documentation and messages; "" if there is none.
	Example string
	// Secret reports that the value is encrypted.
	Secret bool
	// Sensitive reports that no message repeats the value.
	Sensitive bool
	// Input reports that another resource may produce the value.
	Input bool
	// Only is Component or Stack. "": the key belongs to both.
	Only string
	// In holds the scopes in which the key may also be set, such as defaults and pin.
	// For a mapping, it holds the scopes of all keys below it.
	In []string
	// Short holds the keys of the mapping that a single value may mean.
	Short []string
	// Form is the name of the form by which the value is decoded, of kind Formed.
	Form string
	// Scope is the scope whose keys the mapping has, of kind Scoped. Of is the list of
	// the same struct that has those keys; "" means the struct itself.
	Scope, Of string
	// Page is the page of the reference, on keys of the root.
	Page string
	// Mapping declares the keys of the mapping, or of the items of the list; nil for
	// other kinds.
	Mapping *Mapping
	// Owner is the struct of the field, and Field its name in Go.
	Owner Owner
	Field string

	typ   reflect.Type // of the field, without a pointer
	index []int        // of the field in the Mapping's struct
	// optional reports that the key is below an inlined pointer.
	optional bool
}

// Owner names a struct type.
type Owner struct {
	// Package is the path of the package, and Type the name of the type, which is ""
	// for a type without a name.
	Package, Type string
}

// String returns the package and the type. One without a name is struct{…}.
func (o Owner) String() string {
	if o.Type == "" {
		return "struct{…}"
	}
	return o.Package + "." + o.Type
}

// ownerOf returns the name of a struct type.
func ownerOf(t reflect.Type) Owner { return Owner{t.PkgPath(), t.Name()} }

// Pinned reports whether a pin freezes the value.
func (k *Key) Pinned() bool { return slices.Contains(k.In, PinScope) }

// Optional reports whether the key belongs to an inlined pointer, so that it is
// required only together with the pointer's other keys.
func (k *Key) Optional() bool { return k.optional }

// below reports whether the key belongs to the struct at an index.
func (k *Key) below(index []int) bool {
	return len(k.index) > len(index) && slices.Equal(k.index[:len(index)], index)
}

// DefaultsScope and PinScope are the scopes. [Pins] returns the keys of PinScope.
const (
	DefaultsScope = "defaults"
	PinScope      = "pin"
)

// Component and Stack are the values of [Key.Only].
const (
	Component = "component"
	Stack     = "stack"
)

// Visible reports whether the key may be set in a scope of a stack's file. "" means the
// struct itself.
func (k *Key) Visible(scope string) bool {
	return k.Only != Component && (scope == "" || slices.Contains(k.In, scope))
}

// Visible returns the keys of a stack's file that may be set in a scope. "" means the
// struct itself.
func (m *Mapping) Visible(scope string) []*Key {
	return slices.DeleteFunc(slices.Clone(m.Keys), func(k *Key) bool { return !k.Visible(scope) })
}

// Names returns the names of the keys that may be set in a scope, without keys of other
// namespaces such as aws:region.
func (m *Mapping) Names(scope string) []string {
	var names []string
	for _, k := range m.Visible(scope) {
		if !strings.Contains(k.Name, ":") {
			names = append(names, k.Name)
		}
	}
	return names
}

// key returns the key with a name; nil if there is none.
func (m *Mapping) key(name string) *Key {
	for _, k := range m.Keys {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// List returns every key of a struct type in a stack's file. A key comes before the
// keys below it.
func List(t reflect.Type) ([]*Key, error) {
	m, err := Declare(t)
	if err != nil {
		return nil, err
	}
	return m.List(), nil
}

// List returns every key of a stack's file. A key comes before the keys below it. The
// keys of scopes are keys of their structs, so the list does not repeat them.
func (m *Mapping) List() []*Key {
	var keys []*Key
	for _, k := range m.Visible("") {
		keys = append(keys, k)
		if k.Mapping != nil && k.Kind != Scoped {
			keys = append(keys, k.Mapping.List()...)
		}
	}
	return keys
}
