// Package object converts between the property values that the Pulumi engine
// sends and the plain JSON objects that the Kubernetes API takes, and keeps
// track of which of those values are secret.
package object

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// maxExactInt is the largest whole number that a float64, the only number of
// the Pulumi protocol, holds exactly.
const maxExactInt = 1 << 53

// FromProperties turns inputs into a plain object without secret marks. Values
// that are not known yet, assets and references have no JSON form and are
// refused.
func FromProperties(props resource.PropertyMap) (map[string]any, error) {
	out := make(map[string]any, len(props))
	for _, key := range sortedKeys(props) {
		value, err := fromValue(props[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if value != nil {
			out[fieldName(string(key))] = value
		}
	}
	return out, nil
}

func fromValue(v resource.PropertyValue) (any, error) {
	v = Unwrap(v)
	switch {
	case v.IsNull():
		return nil, nil
	case v.IsBool():
		return v.BoolValue(), nil
	case v.IsNumber():
		number := v.NumberValue()
		if number == math.Trunc(number) && math.Abs(number) <= maxExactInt {
			return int64(number), nil
		}
		return number, nil
	case v.IsString():
		return v.StringValue(), nil
	case v.IsArray():
		items := make([]any, 0, len(v.ArrayValue()))
		for i, element := range v.ArrayValue() {
			item, err := fromValue(element)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			items = append(items, item)
		}
		return items, nil
	case v.IsObject():
		return FromProperties(v.ObjectValue())
	case v.IsComputed(), v.IsOutput():
		return nil, fmt.Errorf("the value is not known yet")
	default:
		return nil, fmt.Errorf("a %s cannot be part of a Kubernetes object", v.TypeString())
	}
}

// ToProperties turns a live object into properties, without any secret marks.
func ToProperties(obj map[string]any) resource.PropertyMap {
	props := make(resource.PropertyMap, len(obj))
	for key, value := range obj {
		props[resource.PropertyKey(propertyName(key))] = toValue(value)
	}
	return props
}

func toValue(value any) resource.PropertyValue {
	switch v := value.(type) {
	case nil:
		return resource.NewNullProperty()
	case bool:
		return resource.NewProperty(v)
	case string:
		return resource.NewProperty(v)
	case float64:
		return resource.NewProperty(v)
	case int64:
		return resource.NewProperty(float64(v))
	case int:
		return resource.NewProperty(float64(v))
	case []any:
		items := make([]resource.PropertyValue, 0, len(v))
		for _, item := range v {
			items = append(items, toValue(item))
		}
		return resource.NewProperty(items)
	case map[string]any:
		return resource.NewProperty(ToProperties(v))
	default:
		return resource.NewProperty(fmt.Sprint(v))
	}
}

// The SDKs cannot name a property x-kubernetes-…, the extension fields of a
// CustomResourceDefinition's schema, and write underscores instead.
func fieldName(property string) string {
	if strings.HasPrefix(property, "x_kubernetes_") {
		return strings.ReplaceAll(property, "_", "-")
	}
	return property
}

func propertyName(field string) string {
	if strings.HasPrefix(field, "x-kubernetes-") {
		return strings.ReplaceAll(field, "-", "_")
	}
	return field
}

// Unwrap removes secret and known-output wrappers from a value.
func Unwrap(v resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case v.IsSecret():
			v = v.SecretValue().Element
		case v.IsOutput() && v.OutputValue().Known:
			v = v.OutputValue().Element
		default:
			return v
		}
	}
}

// Get reads a nested property through secret wrappers. It reports false where
// the path leads nowhere or through a value that is not known yet.
func Get(props resource.PropertyMap, path ...string) (resource.PropertyValue, bool) {
	current := resource.NewProperty(props)
	for _, key := range path {
		current = Unwrap(current)
		if !current.IsObject() {
			return resource.PropertyValue{}, false
		}
		next, ok := current.ObjectValue()[resource.PropertyKey(key)]
		if !ok {
			return resource.PropertyValue{}, false
		}
		current = next
	}
	return Unwrap(current), true
}

// GetString is Get for text; anything else reads as empty.
func GetString(props resource.PropertyMap, path ...string) string {
	if v, ok := Get(props, path...); ok && v.IsString() {
		return v.StringValue()
	}
	return ""
}

func sortedKeys(props resource.PropertyMap) []resource.PropertyKey {
	keys := make([]resource.PropertyKey, 0, len(props))
	for key := range props {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}
