package chart

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Field is a key of a component, and reports whether the user has set it.
type Field struct {
	Key   string
	Given bool
}

// CheckUnused refuses keys that describe a release that is not installed. The keys are
// below path.
func CheckUnused(found *field.ErrorList, path *field.Path, fields ...Field) {
	for _, f := range fields {
		if f.Given {
			problems.Forbidden(found, path.Child(f.Key), "is ignored without install; remove it, or set %s.install to true", path)
		}
	}
}
