// Package shape compares values with the Go types of a Pulumi SDK, whose tags have the names of
// a resource's properties. It reports unknown properties, missing required ones, and wrong
// types.
package shape

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Unknown is a value that a preview does not know yet.
type Unknown struct{}

// Problem is an error and its place.
type Problem struct{ Place, Text string }

// Problems collects problems.
type Problems []Problem

// Addf adds a problem.
func (p *Problems) Addf(place, format string, args ...any) {
	*p = append(*p, Problem{place, fmt.Sprintf(format, args...)})
}

// Fields returns the properties of a type of the SDK, by name.
func Fields(t reflect.Type) map[string]reflect.StructField {
	found := map[string]reflect.StructField{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("pulumi"); name != "" {
			found[name] = t.Field(i)
		}
	}
	return found
}

// Object compares an object with a struct. A field that is neither a pointer, a list nor a map
// is required.
func (p *Problems) Object(place string, v any, t reflect.Type) {
	object, matches := v.(map[string]any)
	if !matches {
		p.Addf(place, "got %s, want an object", Describe(v))
		return
	}
	fields := Fields(t)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if field, has := fields[name]; has {
			p.value(Join(place, name), object[name], field.Type)
		} else if !strings.HasPrefix(name, "__") { // a provider's own data
			p.Addf(Join(place, name), "there is no such property; there are: %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch fields[name].Type.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
			continue
		}
		if object[name] == nil {
			p.Addf(Join(place, name), "missing, and required")
		}
	}
}

func (p *Problems) value(place string, v any, t reflect.Type) {
	if _, unknown := v.(Unknown); unknown {
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		p.value(place, v, t.Elem())
	case reflect.Interface: // such as a policy document, which is a string or an object
	case reflect.Struct:
		p.Object(place, v, t)
	case reflect.Map:
		object, matches := v.(map[string]any)
		if !matches {
			p.Addf(place, "got %s, want an object", Describe(v))
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			p.value(fmt.Sprintf("%s[%q]", place, name), object[name], t.Elem())
		}
	case reflect.Slice:
		list, matches := v.([]any)
		if !matches {
			p.Addf(place, "got %s, want a list", Describe(v))
		}
		for i, item := range list {
			p.value(fmt.Sprintf("%s[%d]", place, i), item, t.Elem())
		}
	default:
		p.scalar(place, v, t.Kind())
	}
}

func (p *Problems) scalar(place string, v any, kind reflect.Kind) {
	var fits bool
	switch kind {
	case reflect.String:
		_, fits = v.(string)
	case reflect.Bool:
		_, fits = v.(bool)
	case reflect.Int:
		number, matches := v.(float64)
		fits = matches && number == math.Trunc(number)
	case reflect.Float64:
		_, fits = v.(float64)
	}
	if !fits {
		p.Addf(place, "got %s, want a value of the type %s", Describe(v), kind)
	}
}

// Describe returns a value as a message shows it.
func Describe(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	}
	return fmt.Sprintf("%#v", v)
}

// Join returns the place of a property of an object at a place.
func Join(place, name string) string {
	if place == "" {
		return name
	}
	return place + "." + name
}

// Plain returns properties without marks, as encoding/json would decode them.
func Plain(props resource.PropertyMap) map[string]any {
	object := map[string]any{}
	for key, value := range props {
		if v := plain(value); v != nil {
			object[string(key)] = v
		}
	}
	return object
}

func plain(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return plain(v.SecretValue().Element)
	case v.IsComputed(), v.IsOutput() && !v.OutputValue().Known:
		return Unknown{}
	case v.IsOutput():
		return plain(v.OutputValue().Element)
	case v.IsObject():
		return Plain(v.ObjectValue())
	case v.IsArray():
		list := []any{}
		for _, item := range v.ArrayValue() {
			list = append(list, plain(item))
		}
		return list
	}
	return v.V
}

// Properties is the inverse of Plain.
func Properties(object map[string]any) resource.PropertyMap {
	props := resource.PropertyMap{}
	for key, value := range object {
		props[resource.PropertyKey(key)] = property(value)
	}
	return props
}

func property(v any) resource.PropertyValue {
	switch value := v.(type) {
	case Unknown:
		return resource.MakeComputed(resource.NewProperty(""))
	case map[string]any:
		return resource.NewProperty(Properties(value))
	case []any:
		list := []resource.PropertyValue{}
		for _, item := range value {
			list = append(list, property(item))
		}
		return resource.NewProperty(list)
	}
	return resource.NewPropertyValue(v)
}
