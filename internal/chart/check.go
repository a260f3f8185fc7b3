package chart

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// mostReplicas bounds the replicas of a controller of which one works and the others
// take over.
const mostReplicas = 3

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

// CheckReplicas refuses a number of a controller's replicas that is of no use.
func CheckReplicas(found *field.ErrorList, path *field.Path, install bool, replicas int) {
	if !install {
		CheckUnused(found, path, Field{"replicas", replicas != 0})
		return
	}
	if replicas < 1 || replicas > mostReplicas {
		problems.Invalid(found, path.Child("replicas"), "is %d, want 1 to %d: one works, the others wait for it to fail", replicas, mostReplicas)
	}
}
