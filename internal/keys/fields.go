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

// Given returns the names of the keys of a spec that have a value, without those below
// them.
func Given[T any](spec *T) []string {
	var names []string
	for _, f := range Fields(spec) {
		if !reflect.ValueOf(f.Pointer).Elem().IsZero() {
			names = append(names, f.Name)
		}
	}
	return names
}

// Fill sets every key of a spec that has no value to the value of another spec.
func Fill[T any](spec *T, from T) {
	values := map[string]any{}
	for _, f := range Fields(&from) {
		values[f.Name] = f.Pointer
	}
	for _, f := range Fields(spec) {
		field := reflect.ValueOf(f.Pointer).Elem()
		if value, known := values[f.Name]; known && field.IsZero() {
			field.Set(reflect.ValueOf(value).Elem())
		}
	}
}
