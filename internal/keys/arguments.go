package keys

import (
	"slices"
	"strings"
)

// Arguments returns the keys that are arguments of a component.
func (m *Mapping) Arguments() []*Key {
	return slices.DeleteFunc(slices.Clone(m.Keys), func(k *Key) bool { return k.Only == Stack })
}

// AllArguments returns every key that is an argument of a component, parents before
// the keys below them.
func (m *Mapping) AllArguments() []*Key {
	var keys []*Key
	for _, k := range m.Arguments() {
		keys = append(keys, k)
		if k.Mapping != nil && k.Kind != Scoped {
			keys = append(keys, k.Mapping.AllArguments()...)
		}
	}
	return keys
}

// Selector returns the names of the Go fields from the struct of the mapping to the
// field of a key, such as Model.ID for an inlined key.
func (m *Mapping) Selector(k *Key) string {
	var names []string
	for i := range k.index {
		names = append(names, m.Type.FieldByIndex(k.index[:i+1]).Name)
	}
	return strings.Join(names, ".")
}

// Named returns the named type of the key's field, without a pointer. Its Package is ""
// if the type is predeclared or has no name.
func (k *Key) Named() Owner { return Owner{k.typ.PkgPath(), k.typ.Name()} }
