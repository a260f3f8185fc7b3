// Package problems collects everything that is wrong with a configuration, so
// that a user sees all of it at once, each with the key that they typed.
package problems

import (
	"errors"
	"fmt"
)

// Error is one problem.
type Error struct {
	Key     string // as the user typed it: models[1].gpu.count
	Message string // what was got, what is wanted, what to do
}

// Error is the key followed by the message.
func (e Error) Error() string { return e.Key + ": " + e.Message }

// List is what has been found so far, in the order in which it was found.
type List []Error

// Addf appends one problem.
func (l *List) Addf(key, format string, args ...any) {
	*l = append(*l, Error{Key: key, Message: fmt.Sprintf(format, args...)})
}

// Err is nil when nothing was found, otherwise all problems joined.
func (l *List) Err() error {
	errs := make([]error, len(*l))
	for i, p := range *l {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// Of returns the problems that a joined error holds. An error of another kind
// becomes a problem of the given key, so that nothing is lost.
func Of(err error, key string) List {
	if err == nil {
		return nil
	}
	var list List
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			list = append(list, Of(e, key)...)
		}
		return list
	}
	var one Error
	if errors.As(err, &one) {
		return List{one}
	}
	return List{{Key: key, Message: err.Error()}}
}
