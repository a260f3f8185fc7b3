package chart

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Field is a key of a box, and whether something is said of it.
type Field struct {
	Key   string
	Given bool
}

// CheckUnused refuses what describes a release that is not installed. The keys
// are below path.
func CheckUnused(found *field.ErrorList, path *field.Path, fields ...Field) {
	for _, f := range fields {
		if f.Given {
			problems.Forbidden(found, path.Child(f.Key), "is of no use without install; remove it, or set %s.install to true", path)
		}
	}
}
