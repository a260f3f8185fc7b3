package catalogue

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// isTypeProblem reports whether a key of a JSON text has a value of the wrong
// type.
func isTypeProblem(err error) bool {
	var wrong *json.UnmarshalTypeError
	return errors.As(err, &wrong) && wrong.Field != ""
}

// typeProblem names the key whose value has the wrong type, what it is and what
// is wanted; inside is what the text's keys stand in, with a dot. Any other error
// is told after what could not be done.
func typeProblem(err error, inside, failed string) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || inside+wrong.Field == "" {
		return fmt.Errorf("%s: %w", failed, err)
	}
	got, _, _ := strings.Cut(wrong.Value, " ")
	names := map[string]string{"array": "a list", "object": "a mapping", "string": "a string", "bool": "true or false", "number": "a number"}
	if name, known := names[got]; known {
		got = name
	}
	if _, number, found := strings.Cut(wrong.Value, "number "); found {
		got = number
	}
	return fmt.Errorf("%s is %s, want %s", strings.TrimSuffix(inside+wrong.Field, "."), got, wantedType(wrong.Type))
}

// wantedType is what a user calls a type.
func wantedType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "a list"
	default:
		return "a mapping"
	}
}
