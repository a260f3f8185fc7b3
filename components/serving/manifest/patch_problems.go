package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	kubejson "sigs.k8s.io/json"
)

// checkPatch returns an error if a patch cannot be a part of a pod template: it has a
// value of the wrong kind, or fields that pods do not have.
func checkPatch(patch []byte) error {
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(patch, &corev1.PodTemplateSpec{}); errors.As(err, &wrong) {
		return fmt.Errorf("%s is %s, want %s", orWhole(wrong.Field), gotOf(wrong.Value), wantOf(wrong.Type))
	} else if err != nil {
		return valueProblem(err)
	}
	unknown, err := kubejson.UnmarshalStrict(patch, &corev1.PodTemplateSpec{})
	if err != nil {
		return valueProblem(err)
	}
	var errs []error
	for _, problem := range unknown {
		errs = append(errs, strictProblem(problem))
	}
	return errors.Join(errs...)
}

// valueProblem returns the problem of a value whose type parses a string. The key of the
// value is not known.
func valueProblem(err error) error {
	var timeProblem *time.ParseError
	switch {
	case errors.Is(err, resource.ErrFormatWrong), errors.Is(err, resource.ErrSuffix), errors.Is(err, resource.ErrNumeric):
		return errors.New("has a quantity that is none, want one such as 500m or 2Gi")
	case errors.As(err, &timeProblem):
		return fmt.Errorf("has the time %q, want one such as 2026-01-02T15:04:05Z", timeProblem.Value)
	}
	return fmt.Errorf("has a value that no pod template has: %w", err)
}

// strictProblem returns a problem of the strict decoder in words.
func strictProblem(err error) error {
	kind, name, ok := strings.Cut(strings.TrimSuffix(err.Error(), `"`), ` field "`)
	switch {
	case ok && kind == "unknown":
		return fmt.Errorf("has %s, a field that pod templates do not have; remove it, or correct its name", name)
	case ok && kind == "duplicate":
		return fmt.Errorf("has %s twice; remove one of them", name)
	}
	return fmt.Errorf("is no pod template: %w", err)
}

// mergeProblem returns the reason why a patch cannot be merged into the pod template.
func mergeProblem(err error) error {
	if _, key, ok := strings.Cut(err.Error(), "does not contain declared merge key: "); ok {
		return fmt.Errorf("has an item of a list without %s, by which the lists of pods are merged; give each item its %s", key, key)
	}
	return fmt.Errorf("cannot be merged into the pod template: %w", err)
}

// orWhole returns a field of a patch as a user types it, without the structs that Go
// embeds. It returns "the patch" if the name is empty.
func orWhole(name string) string {
	steps := slices.DeleteFunc(strings.Split(name, "."), func(step string) bool { return step != "" && unicode.IsUpper(rune(step[0])) })
	if name == "" {
		return "the patch"
	}
	return strings.Join(steps, ".")
}

// gotOf returns the kind of a JSON value in words. For a number that does not fit, it
// returns the number.
func gotOf(value string) string {
	kind, number, _ := strings.Cut(value, " ")
	switch {
	case number != "":
		return number
	case kind == "array":
		return "a list"
	case kind == "object":
		return "a mapping"
	case kind == "bool":
		return "true or false"
	}
	return "a " + kind
}

// wantOf returns the kind of the values of a field in words.
func wantOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	}
	return "a mapping"
}
