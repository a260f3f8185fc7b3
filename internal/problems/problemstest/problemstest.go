// Package problemstest compares problems by key and kind, so that a changed message
// breaks no test.
package problemstest

import (
	"slices"
	"strings"
	"testing"

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

// Check fails a test unless an error has exactly the wanted problems (each as its key and
// its kind, in any order), and for each string of says a message that begins with it, key
// first.
func Check(t *testing.T, err error, want, says []string) {
	t.Helper()
	if got := Kinds(err); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("the problems are\n%q, want\n%q; the error is\n%v", got, want, err)
	}
	var messages []string
	for _, p := range problems.Of(err, "no key") {
		messages = append(messages, problems.Error{Problem: p}.Error())
	}
	for _, beginning := range says {
		if !slices.ContainsFunc(messages, func(message string) bool { return strings.HasPrefix(message, beginning) }) {
			t.Errorf("no message begins with %q; they are\n%s", beginning, strings.Join(messages, "\n"))
		}
	}
}

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
