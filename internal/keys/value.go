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

// value sets a field, but not a pointer, to the value of a key. It reports whether
// there is a value.
func (r *Result) value(n *node, m *Mapping, k *Key, target reflect.Value) bool {
	switch k.Kind {
	case Map:
		r.mapping(r.child(n, k), k.Mapping, target)
		return true
	case Maps:
		return r.items(n, m, k, target)
	case Scoped:
		unused := reflect.New(k.Mapping.Type).Elem()
		r.mapping(r.scoped(n, k), k.Mapping, unused)
		return true
	case Texts, Integers, Numbers:
		return r.entries(n, k, target)
	}
	value, path, ok := r.lookup(n, k)
	if !ok {
		return false
	}
	switch k.Kind {
	case String, Integer, Number, Boolean:
		return r.scalar(k, value, path, target)
	case Strings:
		return r.texts(k, value, path, target)
	case OneOrMore:
		return r.oneOrMore(k, value, path, target)
	case Tree, JSON:
		return r.tree(k, value, path, target)
	}
	return r.formed(k, value, path, target)
}

func (r *Result) wrongType(key, format string, values ...any) {
	r.add(field.ErrorTypeTypeInvalid, key, format, values...)
}

// scalar sets a string, a number or a boolean. It refuses zero if zero means that the
// key is not set.
func (r *Result) scalar(k *Key, value any, path string, target reflect.Value) bool {
	switch target.Kind() {
	case reflect.String:
		text, ok := value.(string)
		if !ok {
			r.wrongType(path, "is %s, want a string%s", describe(k, value), quoteHint(value, path))
		}
		if ok && text == "" && !k.Pointer && k.Kind != Texts {
			r.add(field.ErrorTypeInvalid, path, "is empty; give it a value or remove the key")
		}
		target.SetString(text)
		return ok
	case reflect.Bool:
		truth, ok := value.(bool)
		if !ok {
			r.wrongType(path, "is %s, want true or false", describe(k, value))
		}
		target.SetBool(truth)
		return ok
	case reflect.Float64:
		return r.real(k, value, path, target)
	}
	return r.whole(k, value, path, target)
}

func (r *Result) whole(k *Key, value any, path string, target reflect.Value) bool {
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
	target.SetInt(int64(i))
	return true
}

func (r *Result) real(k *Key, value any, path string, target reflect.Value) bool {
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
	target.SetFloat(x)
	return true
}

// acceptsZero reports whether 0 is a value: for a pointer, or for a range that begins
// at 0, where 0 and a missing key mean the same.
func (k *Key) acceptsZero() bool {
	return k.Pointer || k.Range != nil && k.Range.Min != nil && *k.Range.Min == 0 && !k.Range.Above
}

// texts sets a list of strings. An item that is not a string stays empty, so that the
// other items keep their positions.
func (r *Result) texts(k *Key, value any, path string, target reflect.Value) bool {
	items, ok := value.([]any)
	if !ok {
		r.wrongType(path, "is %s, want a list", Describe(value))
		return false
	}
	list := reflect.MakeSlice(target.Type(), len(items), len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			r.wrongType(fmt.Sprintf("%s[%d]", path, i), "is %s, want a string%s", describe(k, item), quoteHint(item, path))
		}
		list.Index(i).SetString(text)
	}
	target.Set(list)
	return true
}

// oneOrMore sets a list of strings that may be typed as one string.
func (r *Result) oneOrMore(k *Key, value any, path string, target reflect.Value) bool {
	items, isList := value.([]any)
	if !isList {
		list := reflect.MakeSlice(target.Type(), 1, 1)
		ok := r.scalar(k, value, path, list.Index(0))
		target.Set(list)
		return ok
	}
	if len(items) == 0 {
		r.add(field.ErrorTypeInvalid, path, "is an empty list; give it a value or remove the key")
		return false
	}
	return r.texts(k, value, path, target)
}

// tree sets a mapping with any keys, or its JSON.
func (r *Result) tree(k *Key, value any, path string, target reflect.Value) bool {
	values, ok := value.(map[string]any)
	text, err := json.Marshal(value)
	switch {
	case !ok || err != nil:
		r.wrongType(path, "is %s, want a mapping", Describe(value))
		return false
	case k.Kind == JSON:
		target.SetString(string(text))
	default:
		target.Set(reflect.ValueOf(values).Convert(target.Type()))
	}
	return true
}

func (r *Result) formed(k *Key, value any, path string, target reflect.Value) bool {
	form := r.decoder.Forms[k.Form]
	result := form.Decode(value, func(format string, values ...any) { r.add(field.ErrorTypeInvalid, path, format, values...) })
	if result == nil {
		return false
	}
	v := reflect.ValueOf(result)
	if !v.CanConvert(target.Type()) {
		r.add(field.ErrorTypeInternal, path, "has a form that makes a %s, want a %s", v.Type(), target.Type())
		return false
	}
	target.Set(v.Convert(target.Type()))
	return true
}

// items sets a list of mappings. The fallbacks of its items are the scopes of the same
// struct that have the items' keys.
func (r *Result) items(n *node, m *Mapping, k *Key, target reflect.Value) bool {
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
	for _, sibling := range m.Keys {
		if sibling.Kind == Scoped && sibling.Of == k.Name {
			scopes = append(scopes, r.scoped(n, sibling))
		}
	}
	list := reflect.MakeSlice(target.Type(), len(items), len(items))
	for i, item := range items {
		child := &node{path: fmt.Sprintf("%s[%d]", path, i), scope: n.scope, fallbacks: slices.Clip(scopes)}
		if child.values, ok = item.(map[string]any); !ok {
			r.wrongType(child.path, "is %s, want a mapping", Describe(item))
		}
		r.mapping(child, k.Mapping, list.Index(i))
	}
	target.Set(list)
	return true
}

// entries sets a mapping with keys that the user chooses. It merges the fallbacks into
// the mapping, key by key.
func (r *Result) entries(n *node, k *Key, target reflect.Value) bool {
	if !n.has(k) {
		return false
	}
	child := r.child(n, k)
	values := reflect.MakeMap(target.Type())
	for _, source := range append([]*node{child}, child.fallbacks...) {
		for _, name := range slices.Sorted(maps.Keys(source.values)) {
			if values.MapIndex(reflect.ValueOf(name)).IsValid() {
				continue
			}
			entry := *k
			entry.Name, entry.Kind = name, k.Kind
			value, path, ok := r.lookup(child, &entry)
			v := reflect.New(target.Type().Elem()).Elem()
			if ok {
				r.scalar(&entry, value, path, v)
			}
			values.SetMapIndex(reflect.ValueOf(name), v)
		}
	}
	target.Set(values)
	return true
}
