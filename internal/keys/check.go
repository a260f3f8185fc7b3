package keys

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Check returns the problems of a complete spec by its declarations: missing keys,
// numbers outside of their range, and values that do not exist. Each error has the key
// below path as its field and the message as its detail. Only the message contains
// values, and only if they cannot be secrets.
func Check[T any](spec *T, path *field.Path) field.ErrorList {
	prefix := ""
	if path != nil {
		prefix = path.String()
	}
	m, err := declared(reflect.TypeFor[T]())
	if err != nil {
		return field.ErrorList{{Type: field.ErrorTypeInternal, Field: prefix, Detail: err.Error()}}
	}
	c := &checking{}
	c.mapping(m, reflect.ValueOf(spec).Elem(), prefix)
	return c.found
}

type checking struct{ found field.ErrorList }

func (c *checking) add(kind field.ErrorType, key, format string, values ...any) {
	c.found = append(c.found, &field.Error{Type: kind, Field: key, Detail: fmt.Sprintf(format, values...)})
}

func (c *checking) mapping(m *Mapping, v reflect.Value, path string) {
	for _, k := range m.Keys {
		value, set := k.value(v)
		_, exists := k.field(v)
		key := Join(path, k.Name)
		switch {
		case !exists: // of an inlined pointer that is nil
		case !set && k.Required:
			c.missing(k, key)
		case k.Kind == Map && (set || !k.Pointer):
			c.mapping(k.Mapping, value, key)
		case !set:
		case k.Kind == Maps:
			for i := range value.Len() {
				c.mapping(k.Mapping, value.Index(i), fmt.Sprintf("%s[%d]", key, i))
			}
		default:
			c.value(k, value, key)
		}
	}
}

func (c *checking) missing(k *Key, key string) {
	advice := k.advice()
	if advice == "" && k.Example != "" {
		advice = "; give it a value such as " + k.Example
	}
	c.add(field.ErrorTypeRequired, key, "is missing%s", advice)
}

func (c *checking) value(k *Key, value reflect.Value, key string) {
	switch k.Kind {
	case String:
		c.choice(k, value.String(), key)
	case Strings:
		for i := range value.Len() {
			c.choice(k, value.Index(i).String(), fmt.Sprintf("%s[%d]", key, i))
		}
	case Integer, Number:
		c.number(k, value, key)
	case Integers, Numbers:
		for _, name := range sortedNames(value) {
			c.number(k, value.MapIndex(reflect.ValueOf(name)), Join(key, name))
		}
	}
}

// choice checks a string against the possible values of its key.
func (c *checking) choice(k *Key, text, key string) {
	if len(k.OneOf) == 0 || slices.Contains(k.OneOf, text) {
		return
	}
	got := fmt.Sprintf("is %q", text)
	if k.Sensitive {
		got = "is none of its values"
	}
	want := "one of " + strings.Join(k.OneOf, ", ")
	if len(k.OneOf) == 2 {
		want = fmt.Sprintf("%q or %q", k.OneOf[0], k.OneOf[1])
	}
	c.add(field.ErrorTypeNotSupported, key, "%s, want %s%s", got, want, k.advice())
}

func (c *checking) number(k *Key, value reflect.Value, key string) {
	if value.Kind() == reflect.Float64 {
		if x := value.Float(); !k.Range.Contains(x) {
			c.add(field.ErrorTypeInvalid, key, "is %g, want %s%s", x, k.Range.real(), k.advice())
		}
		return
	}
	i := value.Int()
	switch {
	case !k.Range.Contains(float64(i)):
		c.add(field.ErrorTypeInvalid, key, "is %d, want %s%s", i, k.Range.whole(), k.advice())
	case len(k.OneOf) > 0 && !slices.Contains(k.OneOf, fmt.Sprint(i)):
		c.add(field.ErrorTypeNotSupported, key, "is %d, want one of %s%s", i, strings.Join(k.OneOf, ", "), k.advice())
	}
}

func (k *Key) advice() string {
	if k.Advice == "" {
		return ""
	}
	return "; " + k.Advice
}

// sortedNames returns the keys of a map, sorted.
func sortedNames(m reflect.Value) []string {
	var names []string
	for _, key := range m.MapKeys() {
		names = append(names, key.String())
	}
	slices.Sort(names)
	return names
}
