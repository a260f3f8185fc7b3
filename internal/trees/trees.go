// Package trees compares trees of the values that JSON decodes to: mappings, lists,
// strings, numbers, booleans and nil.
package trees

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Path is the position of a value in a tree: keys of mappings (string) and indices of
// lists (int). The empty path is the tree itself.
type Path []any

// String returns the path in the form spec.ports[0].name.
func (p Path) String() string {
	var b strings.Builder
	for i, step := range p {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, step)
		}
	}
	return b.String()
}

// Contains reports whether a path is equal to p or below it.
func (p Path) Contains(q Path) bool {
	return len(q) >= len(p) && slices.Equal(p, q[:len(p)])
}

// Differences returns the paths at which two trees differ, in order. Lists of different
// lengths, and mappings with different keys, differ as a whole.
func Differences(a, b any) []Path {
	var found []Path
	compare(a, b, nil, func(p Path) { found = append(found, p) })
	return found
}

func compare(a, b any, path Path, report func(Path)) {
	switch a := a.(type) {
	case map[string]any:
		right, ok := b.(map[string]any)
		if !ok || !slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(right))) {
			report(path)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(a)) {
			compare(a[key], right[key], below(path, key), report)
		}
	case []any:
		right, ok := b.([]any)
		if !ok || len(a) != len(right) {
			report(path)
			return
		}
		for i := range a {
			compare(a[i], right[i], below(path, i), report)
		}
	default:
		switch b.(type) {
		case map[string]any, []any:
			report(path)
		default:
			if a != b {
				report(path)
			}
		}
	}
}

// below returns the path of a value below a path.
func below(path Path, step any) Path { return append(slices.Clip(path), step) }

// Value returns the value at a path; ok is false if the tree has none.
func Value(tree any, p Path) (value any, ok bool) {
	for _, step := range p {
		switch step := step.(type) {
		case string:
			mapping, isMapping := tree.(map[string]any)
			if tree, ok = mapping[step]; !isMapping || !ok {
				return nil, false
			}
		case int:
			list, isList := tree.([]any)
			if !isList || step < 0 || step >= len(list) {
				return nil, false
			}
			tree = list[step]
		default:
			return nil, false
		}
	}
	return tree, true
}
