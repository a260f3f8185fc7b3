package keys

import "reflect"

// Pins returns the values of the keys of a complete spec that a pin freezes, as the
// key pin takes them: those in the scope pin that are given. A list that may be typed
// as one string is one where it has one item.
func Pins[T any](spec *T) map[string]any {
	m, err := declared(reflect.TypeFor[T]())
	if err != nil {
		return nil
	}
	return pins(m, reflect.ValueOf(spec).Elem())
}

func pins(m *Mapping, v reflect.Value) map[string]any {
	values := map[string]any{}
	for _, k := range m.Visible(PinScope) {
		value, given := k.value(v)
		switch {
		case !given:
		case k.Kind == Map:
			if below := pins(k.Mapping, value); len(below) > 0 {
				values[k.Name] = below
			}
		case k.Kind == Maps:
			var items []any
			for i := range value.Len() {
				items = append(items, pins(k.Mapping, value.Index(i)))
			}
			values[k.Name] = items
		default:
			values[k.Name] = plain(k, value)
		}
	}
	return values
}

// plain returns a value without the names of its types.
func plain(k *Key, value reflect.Value) any {
	switch k.Kind {
	case String, JSON:
		return value.String()
	case Strings, OneOrMore:
		var texts []string
		for i := range value.Len() {
			texts = append(texts, value.Index(i).String())
		}
		if k.Kind == OneOrMore && len(texts) == 1 {
			return texts[0]
		}
		return texts
	}
	return value.Interface()
}
