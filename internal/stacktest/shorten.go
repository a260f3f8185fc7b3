package stacktest

import (
	"crypto/sha256"
	"fmt"
)

// textLimit is the size in bytes above which a golden file has the digest of a string
// instead of the string. Such a string is itself a generated file, whose diff is readable.
const textLimit = kindLimit / 2

// shorten returns the resources with the digests of long strings.
func shorten(resources []Resource) []Resource {
	var short []Resource
	for _, r := range resources {
		if r.Inputs != nil {
			r.Inputs, _ = shortValue(r.Inputs).(map[string]any)
		}
		short = append(short, r)
	}
	return short
}

func shortValue(value any) any {
	switch v := value.(type) {
	case string:
		if len(v) > textLimit {
			return fmt.Sprintf("[%d bytes, SHA-256 %x]", len(v), sha256.Sum256([]byte(v)))
		}
	case map[string]any:
		short := map[string]any{}
		for key, inner := range v {
			short[key] = shortValue(inner)
		}
		return short
	case []any:
		var short []any
		for _, inner := range v {
			short = append(short, shortValue(inner))
		}
		if short == nil {
			return v
		}
		return short
	}
	return value
}
