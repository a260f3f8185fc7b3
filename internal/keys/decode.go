package keys

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Decoder decodes configurations strictly.
type Decoder struct {
	// Namespace is the prefix of the keys of the root in a stack's file. Advice on
	// secrets contains it.
	Namespace string
	// Forms decode the keys that are declared with the tag as, by name.
	Forms map[string]Form
}

// Form decodes and documents the values of keys that no kind describes.
type Form struct {
	// Kind describes the values, in the words of the reference.
	Kind string
	// Schema is the JSON Schema of the values.
	Schema map[string]any
	// Decode returns the value for the field; nil leaves the field unchanged. It
	// reports the problems of the value.
	Decode func(value any, report func(format string, values ...any)) any
}

// Encrypted is the value of a key of the root that the stack stores encrypted.
type Encrypted string

// Result holds the problems and the origins of decoded values.
type Result struct {
	// Errors are the problems, each once, in the order of the declarations, with
	// unknown keys at the end. Field is the key as the user typed it, and Detail the
	// whole message. BadValue is not set.
	Errors field.ErrorList

	origin  map[string]string
	typed   map[string]bool
	set     map[string]bool
	refused []string
	unknown field.ErrorList
	decoder Decoder
}

// Decode sets the fields of a struct to the values of their keys. The values are
// decoded JSON, with numbers as json.Number.
func Decode[T any](d Decoder, values map[string]any, target *T) *Result {
	r := &Result{origin: map[string]string{}, typed: map[string]bool{}, set: map[string]bool{}, decoder: d}
	m, err := declared(reflect.TypeFor[T]())
	if err != nil {
		r.Errors = field.ErrorList{{Type: field.ErrorTypeInternal, Detail: err.Error()}}
		return r
	}
	if r.checkForms(m); len(r.Errors) > 0 {
		return r
	}
	values = r.open(m, values)
	r.record("", values)
	r.mapping(&node{values: values}, m, reflect.ValueOf(target).Elem())
	for _, e := range r.unknown {
		r.add(e.Type, e.Field, "%s", e.Detail)
	}
	return r
}

// checkForms reports keys whose form the decoder does not have.
func (r *Result) checkForms(m *Mapping) {
	for _, k := range m.List() {
		if _, ok := r.decoder.Forms[k.Form]; !ok && k.Kind == Formed {
			r.add(field.ErrorTypeInternal, k.Path, "is declared with as:%q, and there is no such form", k.Form)
		}
	}
}

// Given reports whether the user typed a key, with any value. A value that comes from a
// scope, such as the defaults, is given at the key of the scope.
func (r *Result) Given(key string) bool { return r.typed[key] }

// Set reports whether the user typed a key with a value that has an effect: not false,
// not null, and not an empty list or mapping.
func (r *Result) Set(key string) bool { return r.set[key] }

// TypedAt returns the key at which the user typed a value. The value, or a mapping or
// list that contains it, may come from a scope such as the defaults.
func (r *Result) TypedAt(key string) string {
	for part := key; part != ""; part = problems.Parent(part) {
		if origin, ok := r.origin[part]; ok {
			return origin + key[len(part):]
		}
	}
	return key
}

// Redirect makes TypedAt return another key for a key, for example after a value was
// derived from that other key.
func (r *Result) Redirect(key, target string) { r.origin[key] = target }

// Reported reports whether a key, or a part of it, has a problem.
func (r *Result) Reported(key string) bool {
	return slices.ContainsFunc(r.Errors, func(e *field.Error) bool { return problems.Within(e.Field, key) })
}

// add reports a problem once, because every model decodes the defaults.
func (r *Result) add(kind field.ErrorType, key, format string, values ...any) {
	if slices.Contains(r.refused, key) {
		return
	}
	problems.AddOnce(&r.Errors, kind, key, format, values...)
}

// record stores every key that the user typed.
func (r *Result) record(path string, value any) {
	if path != "" {
		r.typed[path] = true
		r.set[path] = value != nil && value != false
	}
	switch value := value.(type) {
	case map[string]any:
		r.set[path] = len(value) > 0
		for name, below := range value {
			r.record(Join(path, name), below)
		}
	case []any:
		r.set[path] = len(value) > 0
		for i, item := range value {
			r.record(fmt.Sprintf("%s[%d]", path, i), item)
		}
	}
}

// open returns the values of the root with decrypted secrets. It removes encrypted
// values of keys that must not be encrypted.
func (r *Result) open(m *Mapping, values map[string]any) map[string]any {
	values = maps.Clone(values)
	var secrets []string
	for _, k := range m.Keys {
		if k.Secret {
			secrets = append(secrets, k.Name)
		}
	}
	slices.Sort(secrets)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		_, encrypted := values[name].(Encrypted)
		switch {
		case slices.Contains(secrets, name):
			values[name] = r.secret(name, values[name])
		case encrypted && len(secrets) == 0:
			r.refuse(name, "holds an encrypted value, and no key may be encrypted")
			values[name] = nil
		case encrypted:
			r.refuse(name, "holds an encrypted value, which would be stored unencrypted from here; only %s may be encrypted", strings.Join(secrets, ", "))
			values[name] = nil
		}
	}
	return values
}

// refuse reports a problem of a key, and suppresses other problems of the same key.
func (r *Result) refuse(key, format string, values ...any) {
	r.add(field.ErrorTypeForbidden, key, format, values...)
	r.refused = append(r.refused, key)
}

// secret returns the string of a key that must be encrypted. No message repeats a part
// of it.
func (r *Result) secret(key string, value any) any {
	set := "pulumi config set --secret " + r.decoder.Namespace + ":" + key
	encrypted, ok := value.(Encrypted)
	text := string(encrypted)
	switch {
	case !ok:
		r.refuse(key, "is stored unencrypted; revoke it, since somebody may have seen it, and set a new one with: %s", set)
	case text == "":
		r.refuse(key, "is empty; set it with: %s", set)
	case SecretProblem(text) != "":
		r.refuse(key, "%s", SecretProblem(text))
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		r.refuse(key, "is a list or a mapping, want one string; set it with: %s", set)
	default:
		return text
	}
	return nil
}

// SecretProblem returns the problem of an API key or a token; "" without a problem. Keys
// and tokens have no white space, because HTTP does not transport it.
func SecretProblem(text string) string {
	if strings.ContainsAny(text, " \t\r\n") {
		return "has white space in it, perhaps a line break at its end; set it again without"
	}
	return ""
}
