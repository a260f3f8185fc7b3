package keys

import "reflect"

// Pins returns the values of a complete spec that a pin freezes, in the form of the key
// pin: the set keys in the scope pin. A list with one item that may be typed as one
// string is a string.
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
		value, set := k.value(v)
		switch {
		case !set:
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

// plain returns a value without its named types.
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
