// Package problemstest returns problems as keys and kinds, so that a better message
// breaks no test.
package problemstest

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Kinds returns each problem of an error as its key and its kind, such as
// "models[0].name: required", sorted.
func Kinds(err error) []string {
	var list []string
	for _, p := range problems.Of(err, "no key") {
		list = append(list, p.Field+": "+name(p.Type))
	}
	slices.Sort(list)
	return list
}

// KindsOf returns Kinds for a list of problems.
func KindsOf(found field.ErrorList) []string { return Kinds(problems.Err(found)) }

// name returns a short name of a kind of problems.
func name(kind field.ErrorType) string {
	switch kind {
	case field.ErrorTypeRequired:
		return "required"
	case field.ErrorTypeInvalid:
		return "invalid"
	case field.ErrorTypeTypeInvalid:
		return "wrong type"
	case field.ErrorTypeNotSupported:
		return "not supported"
	case field.ErrorTypeDuplicate:
		return "duplicate"
	case field.ErrorTypeForbidden:
		return "forbidden"
	case field.ErrorTypeTooLong:
		return "too long"
	}
	return string(kind)
}
