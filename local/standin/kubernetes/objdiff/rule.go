package objdiff

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// Rule is the path of a field that the API does not let change: keys joined by
// dots, and * for every element of a list.
type Rule string

// touchedBy reports whether the change is at the field, inside it, or above it
// while the field is part of what is added or removed.
func (r Rule) touchedBy(change Change) bool {
	steps := strings.Split(string(r), ".")
	for i, step := range steps {
		if i == len(change.Path) {
			return holds(change.old, steps[i:]) || holds(change.new, steps[i:])
		}
		if !stepMatches(step, change.Path[i]) {
			return false
		}
	}
	return true
}

func stepMatches(step string, element any) bool {
	switch element := element.(type) {
	case string:
		return step == element
	case int:
		return step == "*"
	default:
		return false
	}
}

// holds reports whether the value has something at the remaining steps.
func holds(v resource.PropertyValue, steps []string) bool {
	v = object.Unwrap(v)
	if len(steps) == 0 {
		return !v.IsNull()
	}
	if steps[0] == "*" {
		if !v.IsArray() {
			return false
		}
		for _, element := range v.ArrayValue() {
			if holds(element, steps[1:]) {
				return true
			}
		}
		return false
	}
	if !v.IsObject() {
		return false
	}
	return holds(v.ObjectValue()[resource.PropertyKey(steps[0])], steps[1:])
}
