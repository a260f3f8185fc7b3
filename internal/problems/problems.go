// Package problems adds errors to a field.ErrorList and renders them, so that a
// user sees every problem at once, each with the key that they typed. The detail
// of each error is a whole message: what was got, what is wanted, what to do. No
// error holds the value itself, which may be a secret.
package problems

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Add appends one problem of a kind.
func Add(found *field.ErrorList, kind field.ErrorType, at *field.Path, format string, args ...any) {
	*found = append(*found, &field.Error{Type: kind, Field: key(at), Detail: fmt.Sprintf(format, args...)})
}

// key returns a path as users read it. The empty key of a mapping is [""], such as
// nodeSelector[""].
func key(at *field.Path) string { return strings.ReplaceAll(at.String(), "[]", `[""]`) }

// AddOnce appends one problem of a kind by its key, unless the list has it.
func AddOnce(found *field.ErrorList, kind field.ErrorType, key, format string, args ...any) {
	p := &field.Error{Type: kind, Field: key, Detail: fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(*found, func(old *field.Error) bool { return old.Field == p.Field && old.Detail == p.Detail }) {
		*found = append(*found, p)
	}
}

// Has reports whether a list has a problem of a key or of a part of it.
func Has(found field.ErrorList, at *field.Path) bool {
	return slices.ContainsFunc(found, func(e *field.Error) bool { return Within(e.Field, key(at)) })
}

// Within reports whether a key is another one, or a part of it: models[1].gpu.count of
// models[1].gpu.
func Within(key, whole string) bool {
	rest, ok := strings.CutPrefix(key, whole)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Parent returns the key that a key is a part of: models[1].gpu of
// models[1].gpu.count, or "" of models.
func Parent(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}

// Required appends a key that is missing.
func Required(found *field.ErrorList, at *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeRequired, at, format, args...)
}

// Invalid appends a value of a wrong form, or out of its range.
func Invalid(found *field.ErrorList, at *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeInvalid, at, format, args...)
}

// NotSupported appends a value that is not among those that are known.
func NotSupported(found *field.ErrorList, at *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeNotSupported, at, format, args...)
}

// Duplicate appends a value that something else has already.
func Duplicate(found *field.ErrorList, at *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeDuplicate, at, format, args...)
}

// Forbidden appends a value that contradicts another one, or that the program
// sets itself.
func Forbidden(found *field.ErrorList, at *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeForbidden, at, format, args...)
}

// TooLong appends a value with too many characters.
func TooLong(found *field.ErrorList, at *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeTooLong, at, format, args...)
}

// Error is a field error as users see it.
type Error struct{ Problem *field.Error }

// Error returns the key, as the user typed it, and the message.
func (e Error) Error() string {
	if e.Problem.Field == "" {
		return e.Problem.Detail
	}
	return e.Problem.Field + ": " + e.Problem.Detail
}

// Err returns an error with a line for each problem; nil if there are none.
func Err(found field.ErrorList) error {
	errs := make([]error, len(found))
	for i, e := range found {
		errs[i] = Error{e}
	}
	return errors.Join(errs...)
}

// Of returns the problems that an error holds. An error of another kind becomes an
// internal problem of the given key, so that nothing is lost.
func Of(err error, key string) field.ErrorList {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var found field.ErrorList
		for _, e := range joined.Unwrap() {
			found = append(found, Of(e, key)...)
		}
		return found
	}
	var one Error
	if errors.As(err, &one) {
		return field.ErrorList{one.Problem}
	}
	return field.ErrorList{{Type: field.ErrorTypeInternal, Field: key, Detail: err.Error()}}
}
