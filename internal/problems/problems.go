// Package problems adds errors to a field.ErrorList and renders them, so that a user
// sees every problem at once, each with the key that they typed. The detail of each
// error is a whole message: the value, the expected value, and advice. No error holds
// the value itself, which may be a secret.
package problems

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Add appends one problem of a kind.
func Add(found *field.ErrorList, kind field.ErrorType, path *field.Path, format string, args ...any) {
	*found = append(*found, &field.Error{Type: kind, Field: key(path), Detail: fmt.Sprintf(format, args...)})
}

// key returns a path as users read it. The empty key of a mapping is [""], such as
// nodeSelector[""].
func key(path *field.Path) string { return strings.ReplaceAll(path.String(), "[]", `[""]`) }

// AddOnce appends one problem of a kind by its key, unless the list has it.
func AddOnce(found *field.ErrorList, kind field.ErrorType, key, format string, args ...any) {
	p := &field.Error{Type: kind, Field: key, Detail: fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(*found, func(old *field.Error) bool { return old.Field == p.Field && old.Detail == p.Detail }) {
		*found = append(*found, p)
	}
}

// Has reports whether a list has a problem of a key or of a part of it.
func Has(found field.ErrorList, path *field.Path) bool {
	return slices.ContainsFunc(found, func(e *field.Error) bool { return Within(e.Field, key(path)) })
}

// Within reports whether a key is equal to another key or a part of it:
// models[1].gpu.count is within models[1].gpu.
func Within(key, whole string) bool {
	rest, ok := strings.CutPrefix(key, whole)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Parent returns the key that contains a key: models[1].gpu for models[1].gpu.count, ""
// for models.
func Parent(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}

// Required appends a missing key.
func Required(found *field.ErrorList, path *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeRequired, path, format, args...)
}

// Invalid appends a value with a wrong form, or outside of its range.
func Invalid(found *field.ErrorList, path *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeInvalid, path, format, args...)
}

// NotSupported appends a value that is not among the possible values.
func NotSupported(found *field.ErrorList, path *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeNotSupported, path, format, args...)
}

// Duplicate appends a value that another key already has.
func Duplicate(found *field.ErrorList, path *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeDuplicate, path, format, args...)
}

// Forbidden appends a value that contradicts another one, or that the program sets.
func Forbidden(found *field.ErrorList, path *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeForbidden, path, format, args...)
}

// TooLong appends a value with too many characters.
func TooLong(found *field.ErrorList, path *field.Path, format string, args ...any) {
	Add(found, field.ErrorTypeTooLong, path, format, args...)
}

// Error is a field error with the text that users see.
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

// Of returns the problems that an error holds. An error of another type becomes an
// internal problem of key.
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
	var single Error
	if errors.As(err, &single) {
		return field.ErrorList{single.Problem}
	}
	return field.ErrorList{{Type: field.ErrorTypeInternal, Field: key, Detail: err.Error()}}
}
