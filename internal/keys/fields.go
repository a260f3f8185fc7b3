package keys

import "reflect"

// Field is a key of a spec with its value.
type Field struct {
	// Name is the name that the user types, such as keda.
	Name string
	// Pointer points to the value in the spec.
	Pointer any
}

// Fields returns the keys of a spec in the order of its fields, without keys below
// them. It leaves out the keys of an inlined pointer that is nil. It returns none for a
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
