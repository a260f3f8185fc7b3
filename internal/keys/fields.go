package keys

import "reflect"

// Field is a key of a spec, with the value that it has.
type Field struct {
	// Name is what the user types, such as keda.
	Name string
	// Pointer points to the value in the spec.
	Pointer any
}

// Fields returns the keys of a spec, without those below them, in the order of its
// fields. Those of an inlined pointer that is nil are left out, and all of a
// declaration that [Declare] refuses.
func Fields[T any](spec *T) []Field {
	m, err := declared(reflect.TypeFor[T]())
	if err != nil {
		return nil
	}
	var fields []Field
	for _, k := range m.Keys {
		if v, ok := k.field(reflect.ValueOf(spec).Elem()); ok && k.Kind != Scoped {
			fields = append(fields, Field{Name: k.Name, Pointer: v.Addr().Interface()})
		}
	}
	return fields
}
