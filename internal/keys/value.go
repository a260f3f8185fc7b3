package keys

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// value sets a field, not a pointer, to the value of a key, and reports whether there
// is one.
func (r *Result) value(n *node, m *Mapping, k *Key, into reflect.Value) bool {
	switch k.Kind {
	case Map:
		r.mapping(r.child(n, k), k.Mapping, into)
		return true
	case Maps:
		return r.items(n, m, k, into)
	case Scoped:
		unused := reflect.New(k.Mapping.Type).Elem()
		r.mapping(r.scoped(n, k), k.Mapping, unused)
		return true
	case Texts, Integers, Numbers:
		return r.entries(n, k, into)
	}
	value, path, ok := r.lookup(n, k)
	if !ok {
		return false
	}
	switch k.Kind {
	case String, Integer, Number, Boolean:
		return r.scalar(k, value, path, into)
	case Strings:
		return r.texts(k, value, path, into)
	case OneOrMore:
		return r.oneOrMore(k, value, path, into)
	case Tree, JSON:
		return r.tree(k, value, path, into)
	}
	return r.formed(k, value, path, into)
}

func (r *Result) wrongType(key, format string, values ...any) {
	r.add(field.ErrorTypeTypeInvalid, key, format, values...)
}

// scalar sets a string, a number or a boolean. Zero is refused where it means that
// the key is not given.
func (r *Result) scalar(k *Key, value any, path string, into reflect.Value) bool {
	switch into.Kind() {
	case reflect.String:
		text, ok := value.(string)
		if !ok {
			r.wrongType(path, "is %s, want a text%s", describe(k, value), quoteHint(value, path))
		}
		if ok && text == "" && !k.Pointer && k.Kind != Texts {
			r.add(field.ErrorTypeInvalid, path, "is empty; give it a value or remove the key")
		}
		into.SetString(text)
		return ok
	case reflect.Bool:
		truth, ok := value.(bool)
		if !ok {
			r.wrongType(path, "is %s, want true or false", describe(k, value))
		}
		into.SetBool(truth)
		return ok
	case reflect.Float64:
		return r.real(k, value, path, into)
	}
	return r.whole(k, value, path, into)
}

func (r *Result) whole(k *Key, value any, path string, into reflect.Value) bool {
	number, _ := value.(json.Number)
	i, err := strconv.Atoi(number.String())
	if err != nil {
		r.wrongType(path, "is %s, want a whole number", describe(k, value))
		return false
	}
	if i == 0 && !k.acceptsZero() {
		want := "a number of at least 1"
		if k.Required && k.Range != nil {
			want = k.Range.whole()
		}
		remove := ""
		if !k.Required {
			remove = "; remove the key for the default"
		}
		r.add(field.ErrorTypeInvalid, path, "is 0, want %s%s", want, remove)
	}
	into.SetInt(int64(i))
	return true
}

func (r *Result) real(k *Key, value any, path string, into reflect.Value) bool {
	number, _ := value.(json.Number)
	x, err := number.Float64()
	if err != nil {
		r.wrongType(path, "is %s, want %s", describe(k, value), k.Range.real())
		return false
	}
	if x == 0 && !k.acceptsZero() {
		want := k.Range.real()
		if k.Range.Contains(0) {
			want = "a number other than 0; remove the key for the default"
		}
		r.add(field.ErrorTypeInvalid, path, "is %s, want %s", describe(k, value), want)
	}
	into.SetFloat(x)
	return true
}

// acceptsZero reports whether 0 is a value: of a pointer, or where the range begins
// at 0, so that 0 and a missing key are the same.
func (k *Key) acceptsZero() bool {
	return k.Pointer || k.Range != nil && k.Range.Min != nil && *k.Range.Min == 0 && !k.Range.Above
}

// texts sets a list of strings. An item that is none stays empty, so that the others
// keep their places.
func (r *Result) texts(k *Key, value any, path string, into reflect.Value) bool {
	items, ok := value.([]any)
	if !ok {
		r.wrongType(path, "is %s, want a list", Describe(value))
		return false
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			r.wrongType(fmt.Sprintf("%s[%d]", path, i), "is %s, want a text%s", describe(k, item), quoteHint(item, path))
		}
		list.Index(i).SetString(text)
	}
	into.Set(list)
	return true
}

// oneOrMore sets a list of strings that may be typed as one string.
func (r *Result) oneOrMore(k *Key, value any, path string, into reflect.Value) bool {
	items, isList := value.([]any)
	if !isList {
		list := reflect.MakeSlice(into.Type(), 1, 1)
		ok := r.scalar(k, value, path, list.Index(0))
		into.Set(list)
		return ok
	}
	if len(items) == 0 {
		r.add(field.ErrorTypeInvalid, path, "is an empty list; give it a value or remove the key")
		return false
	}
	return r.texts(k, value, path, into)
}

// tree sets a mapping with any keys, or the JSON of one.
func (r *Result) tree(k *Key, value any, path string, into reflect.Value) bool {
	values, ok := value.(map[string]any)
	text, err := json.Marshal(value)
	switch {
	case !ok || err != nil:
		r.wrongType(path, "is %s, want a mapping", Describe(value))
		return false
	case k.Kind == JSON:
		into.SetString(string(text))
	default:
		into.Set(reflect.ValueOf(values).Convert(into.Type()))
	}
	return true
}

func (r *Result) formed(k *Key, value any, path string, into reflect.Value) bool {
	form := r.decoder.Forms[k.Form]
	got := form.Decode(value, func(format string, values ...any) { r.add(field.ErrorTypeInvalid, path, format, values...) })
	if got == nil {
		return false
	}
	v := reflect.ValueOf(got)
	if !v.CanConvert(into.Type()) {
		r.add(field.ErrorTypeInternal, path, "has a form that makes a %s, want a %s", v.Type(), into.Type())
		return false
	}
	into.Set(v.Convert(into.Type()))
	return true
}

// items sets a list of mappings. Its items fall back to the scopes beside the list
// that have their keys.
func (r *Result) items(n *node, m *Mapping, k *Key, into reflect.Value) bool {
	value, path, ok := r.lookup(n, k)
	if !ok {
		return false
	}
	items, ok := value.([]any)
	if !ok {
		r.wrongType(path, "is %s, want a list", Describe(value))
		return false
	}
	var scopes []*node
	for _, beside := range m.Keys {
		if beside.Kind == Scoped && beside.Of == k.Name {
			scopes = append(scopes, r.scoped(n, beside))
		}
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		child := &node{path: fmt.Sprintf("%s[%d]", path, i), scope: n.scope, fallbacks: slices.Clip(scopes)}
		if child.values, ok = item.(map[string]any); !ok {
			r.wrongType(child.path, "is %s, want a mapping", Describe(item))
		}
		r.mapping(child, k.Mapping, list.Index(i))
	}
	into.Set(list)
	return true
}

// entries sets a mapping with keys that the user chooses. Those of the fallbacks are
// merged into it, key by key.
func (r *Result) entries(n *node, k *Key, into reflect.Value) bool {
	if !n.given(k) {
		return false
	}
	child := r.child(n, k)
	values := reflect.MakeMap(into.Type())
	for _, of := range append([]*node{child}, child.fallbacks...) {
		for _, name := range slices.Sorted(maps.Keys(of.values)) {
			if values.MapIndex(reflect.ValueOf(name)).IsValid() {
				continue
			}
			entry := *k
			entry.Name, entry.Kind = name, k.Kind
			value, path, ok := r.lookup(child, &entry)
			v := reflect.New(into.Type().Elem()).Elem()
			if ok {
				r.scalar(&entry, value, path, v)
			}
			values.SetMapIndex(reflect.ValueOf(name), v)
		}
	}
	into.Set(values)
	return true
}
