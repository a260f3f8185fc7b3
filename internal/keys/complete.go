package keys

import "reflect"

// Complete sets every key of a spec that is not set and has a static default, also in
// nested structs and in items of lists. Pointers to structs stay nil. A declaration
// that [Declare] refuses has no effect.
func Complete[T any](spec *T) {
	if m, err := declared(reflect.TypeFor[T]()); err == nil && spec != nil {
		complete(m, reflect.ValueOf(spec).Elem())
	}
}

func complete(m *Mapping, v reflect.Value) {
	for _, index := range m.optional {
		group := Key{index: index}
		if field, ok := group.field(v); ok {
			unshare(field)
		}
	}
	for _, k := range m.Keys {
		field, ok := k.field(v)
		if !ok {
			continue
		}
		value, set := k.value(v)
		switch {
		case k.Kind == Map && set && k.Pointer:
			unshare(field)
			complete(k.Mapping, field.Elem())
		case k.Kind == Map && !k.Pointer:
			complete(k.Mapping, value)
		case k.Kind == Maps:
			completeItems(k, field)
		case set || k.Default == "" || !m.applies(k.If, v):
		case k.Pointer:
			pointer := reflect.New(k.typ)
			if k.set(pointer.Elem(), k.Default) == nil {
				field.Set(pointer)
			}
		default:
			_ = k.set(field, k.Default) // Declare has parsed it
		}
	}
}

// unshare replaces the target of a pointer by a copy, so that another spec with the
// same pointer does not change.
func unshare(pointer reflect.Value) {
	if pointer.IsNil() {
		return
	}
	clone := reflect.New(pointer.Type().Elem())
	clone.Elem().Set(pointer.Elem())
	pointer.Set(clone)
}

// completeItems replaces a list by a list with complete items, so that another spec
// with the same list does not change.
func completeItems(k *Key, list reflect.Value) {
	if list.Len() == 0 {
		return
	}
	items := reflect.MakeSlice(list.Type(), list.Len(), list.Len())
	reflect.Copy(items, list)
	for i := range items.Len() {
		complete(k.Mapping, items.Index(i))
	}
	list.Set(items)
}
