package keys

import (
	"encoding/json"
	"fmt"
	"strings"
)

// describe returns the kind of a value and the value. It does not repeat a value that
// may be a secret.
func describe(k *Key, value any) string {
	kind := Describe(value)
	if k.Sensitive {
		return kind
	}
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%s, %q", kind, v)
	case json.Number:
		return fmt.Sprintf("%s, %s", kind, v)
	case bool:
		return fmt.Sprintf("%s, %t", kind, v)
	}
	return kind
}

// Describe returns the kind of a typed value, without the value.
func Describe(value any) string {
	switch value.(type) {
	case nil:
		return "without a value"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	case []any:
		return "a list"
	}
	return "a mapping"
}

// quoteHint returns advice for YAML, which reads an unquoted 1.35 as a number. At the
// root, quotes change nothing, because Pulumi supplies every value as a string.
func quoteHint(value any, path string) string {
	switch value.(type) {
	case json.Number, bool:
		if strings.ContainsAny(path, ".[") {
			return "; put it in quotes"
		}
	}
	return ""
}

// shortHint returns the mapping that a single number or boolean probably meant.
func shortHint(k *Key, value any) string {
	want := Kind("")
	switch value.(type) {
	case json.Number:
		want = Integer
	case bool:
		want = Boolean
	}
	var parts []string
	for _, name := range k.Short {
		if below := k.Mapping.key(name); below == nil || below.Kind != want {
			return ""
		}
		parts = append(parts, fmt.Sprintf("%s: %v", name, value))
	}
	if len(parts) == 0 {
		return ""
	}
	return " such as {" + strings.Join(parts, ", ") + "}"
}
