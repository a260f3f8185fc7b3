package config

import (
	"encoding/json"
	"fmt"
	"strings"
)

// describe says what was got. What may be a secret in the wrong place is not
// repeated.
func describe(path string, value any) string {
	kind := describeKind(value)
	for _, word := range []string{"env", "extraArgs", "huggingFaceToken", "apiKey", "grafanaPassword", "annotations", "prometheusUrl"} {
		if strings.Contains(path, word) {
			return kind
		}
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

func describeKind(value any) string {
	switch value.(type) {
	case nil:
		return "without a value"
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	case []any:
		return "a list"
	}
	return "a mapping"
}

// quoteHint helps with YAML, which takes an unquoted 1.35 for a number.
func quoteHint(value any) string {
	switch value.(type) {
	case json.Number, bool:
		return "; put it in quotes"
	}
	return ""
}
