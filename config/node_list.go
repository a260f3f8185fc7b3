package config

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// stringOrList returns the strings of a key that takes one string or a list of
// strings.
func (n *node) stringOrList(key string) []string {
	value, path, ok := n.lookup(key)
	if !ok {
		return nil
	}
	items, isList := value.([]any)
	if !isList {
		return []string{n.str(key)}
	}
	if len(items) == 0 {
		n.d.add(field.ErrorTypeForbidden, path, "is an empty list; give it a value or remove the key")
	}
	return n.texts(key)
}

// mappingHint shows the mapping that was probably meant by a number or a boolean.
func mappingHint(key string, value any) string {
	switch v := value.(type) {
	case json.Number:
		switch key {
		case "replicas":
			return fmt.Sprintf(" such as {min: %s, max: %s}", v, v)
		case "gpu":
			return fmt.Sprintf(" such as {count: %s}", v)
		}
	case bool:
		return fmt.Sprintf(" such as {install: %t}", v)
	}
	return ""
}
