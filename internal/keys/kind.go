package keys

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Kind describes the values of a key, in the words of the reference.
type Kind string

// Kinds.
const (
	String    Kind = "string"
	Integer   Kind = "integer"
	Number    Kind = "number"
	Boolean   Kind = "boolean"
	Strings   Kind = "list of strings"
	OneOrMore Kind = "string or list of strings"
	Map       Kind = "mapping"
	Maps      Kind = "list of mappings"
	Texts     Kind = "mapping of strings"
	Integers  Kind = "mapping of integers"
	Numbers   Kind = "mapping of numbers"
	// Tree is a mapping with any keys and values.
	Tree Kind = "any mapping"
	// JSON is a Tree that the field holds as JSON.
	JSON Kind = "any mapping as JSON"
	// Formed is decoded by a form of the caller.
	Formed Kind = "form"
	// Scoped is a mapping with the keys of a scope.
	Scoped Kind = "mapping of a scope"
)

// kind sets the kind of a key by its type and tags.
func (d *declaring) kind(k *Key, tag reflect.StructTag) {
	k.Kind = kindOf(k.typ)
	as, list := tag.Get("as"), tag.Get("list")
	switch {
	case k.Scope != "":
		k.Kind = Scoped
		if k.Pointer || k.typ != reflect.TypeFor[struct{}]() {
			d.add(k.Owner, k.Field, "has scope:%q, and is no struct{}", k.Scope)
		}
	case as == "json":
		k.Kind = JSON
		if k.typ.Kind() != reflect.String {
			d.add(k.Owner, k.Field, `has as:"json", and is no string`)
		}
	case as != "":
		k.Kind, k.Form = Formed, as
	case list == "one" && k.Kind == Strings:
		k.Kind = OneOrMore
	case list != "":
		d.add(k.Owner, k.Field, `has list:%q, want list:"one" on a list of strings`, list)
	case k.Kind == "":
		d.add(k.Owner, k.Field, "is of the type %s, which no key can have", k.typ)
	}
	simple := k.Kind == String || k.Kind == Integer || k.Kind == Number || k.Kind == Boolean || k.Kind == Map || k.Kind == Formed
	if k.Pointer && !simple && k.Kind != "" {
		d.add(k.Owner, k.Field, "is a pointer to a %s, want no pointer", k.Kind)
	}
}

func kindOf(t reflect.Type) Kind {
	switch t.Kind() {
	case reflect.String:
		return String
	case reflect.Int:
		return Integer
	case reflect.Float64:
		return Number
	case reflect.Bool:
		return Boolean
	case reflect.Struct:
		return Map
	case reflect.Slice:
		switch t.Elem().Kind() {
		case reflect.String:
			return Strings
		case reflect.Struct:
			return Maps
		}
	case reflect.Map:
		if t.Key() != reflect.TypeFor[string]() {
			return ""
		}
		switch t.Elem().Kind() {
		case reflect.String:
			return Texts
		case reflect.Int:
			return Integers
		case reflect.Float64:
			return Numbers
		case reflect.Interface:
			if t.Elem().NumMethod() == 0 {
				return Tree
			}
		}
	}
	return ""
}

// set sets a value, not a pointer, to the value in a tag.
func (k *Key) set(v reflect.Value, text string) error {
	switch k.Kind {
	case String:
		v.SetString(text)
	case Integer:
		i, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("want a whole number")
		}
		v.SetInt(int64(i))
	case Number:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return errors.New("want a number")
		}
		v.SetFloat(x)
	case Boolean:
		truth, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("want true or false")
		}
		v.SetBool(truth)
	case Strings, OneOrMore:
		texts := strings.Fields(text)
		list := reflect.MakeSlice(k.typ, len(texts), len(texts))
		for i, item := range texts {
			list.Index(i).SetString(item)
		}
		v.Set(list)
	default:
		return fmt.Errorf("a %s has no such tag", k.Kind)
	}
	return nil
}

// field returns the field of a key in the struct of its mapping. ok is false if an
// inlined pointer on the path is nil.
func (k *Key) field(parent reflect.Value) (v reflect.Value, ok bool) {
	for _, i := range k.index {
		if parent.Kind() == reflect.Pointer {
			if parent.IsNil() {
				return reflect.Value{}, false
			}
			parent = parent.Elem()
		}
		parent = parent.Field(i)
	}
	return parent, true
}

// value returns the value of a key. set reports whether it is set: a pointer that is
// not nil, or a value that is not zero.
func (k *Key) value(parent reflect.Value) (v reflect.Value, set bool) {
	v, ok := k.field(parent)
	switch {
	case !ok:
		return v, false
	case k.Pointer && v.IsNil():
		return v, false
	case k.Pointer:
		return v.Elem(), true
	}
	return v, !v.IsZero()
}
