package account

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// visit calls see for every known value at a path such as taints[].effect, with its place, such
// as taints[1].effect.
func visit(value any, path string, see func(place string, value any)) {
	visitFrom("", value, path, see)
}

func visitFrom(place string, value any, path string, see func(string, any)) {
	if _, unknown := value.(shape.Unknown); unknown || value == nil {
		return
	}
	if path == "" {
		see(place, value)
		return
	}
	step, rest, _ := strings.Cut(path, ".")
	name, each := strings.CutSuffix(step, "[]")
	object, isObject := value.(map[string]any)
	if !isObject {
		return
	}
	next := shape.Join(place, name)
	if !each {
		visitFrom(next, object[name], rest, see)
		return
	}
	items, _ := object[name].([]any)
	for i, item := range items {
		visitFrom(fmt.Sprintf("%s[%d]", next, i), item, rest, see)
	}
}

// valuesAt returns the known values at a path.
func valuesAt(value any, path string) []any {
	var found []any
	visit(value, path, func(_ string, v any) { found = append(found, v) })
	return found
}

// textAt returns the string at a path; "" if there is none.
func textAt(value any, path string) string {
	for _, v := range valuesAt(value, path) {
		text, _ := v.(string)
		return text
	}
	return ""
}

func textsAt(value any, path string) []string {
	var texts []string
	for _, v := range valuesAt(value, path) {
		if text, isText := v.(string); isText {
			texts = append(texts, text)
		}
	}
	return texts
}

// pattern returns a place in the form of the tables: taints[].effect for taints[1].effect.
func pattern(place string) string {
	var out strings.Builder
	for i, part := range strings.Split(place, "[") {
		if _, after, indexed := strings.Cut(part, "]"); i > 0 && indexed {
			out.WriteString("[]" + after)
			continue
		}
		out.WriteString(part)
	}
	return out.String()
}

// same reports whether two values are equal. An unknown value differs from every known one.
func same(a, b any) bool { return reflect.DeepEqual(a, b) }

// compare reports the innermost places at which two values differ.
func compare(place string, a, b any, report func(place string, kind byte)) {
	before, after := asObject(a), asObject(b)
	if before != nil && after != nil {
		names := maps.Clone(before)
		maps.Copy(names, after)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			compare(shape.Join(place, name), before[name], after[name], report)
		}
		return
	}
	x, isList := a.([]any)
	y, areLists := b.([]any)
	switch {
	case same(a, b):
	case a == nil:
		report(place, '+')
	case b == nil:
		report(place, '-')
	case isList && areLists:
		for i := range max(len(x), len(y)) {
			compare(fmt.Sprintf("%s[%d]", place, i), item(x, i), item(y, i), report)
		}
	default:
		report(place, '~')
	}
}

func asObject(v any) map[string]any {
	object, _ := v.(map[string]any)
	return object
}

func item(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// hasUnknown reports whether a value contains a part that a preview does not know.
func hasUnknown(value any) bool {
	switch v := value.(type) {
	case shape.Unknown:
		return true
	case map[string]any:
		for _, below := range v {
			if hasUnknown(below) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hasUnknown)
	}
	return false
}
