package config

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// findings are the problems of a configuration, each by the key that the user typed.
type findings struct {
	// decoded knows where keys were typed.
	decoded *keys.Result
	list    field.ErrorList
	// settled are keys about which everything is said.
	settled map[string]bool
}

// newFindings returns the problems of a decoder. A key that could not be decoded is
// not reported again for the default that took its place.
func newFindings(decoded *keys.Result) *findings {
	found := &findings{decoded: decoded, list: slices.Clone(decoded.Errors), settled: map[string]bool{}}
	for _, p := range found.list {
		found.settle(p.Field)
	}
	return found
}

// add reports a problem once: every model has the defaults.
func (found *findings) add(kind field.ErrorType, key, format string, values ...any) {
	problems.AddOnce(&found.list, kind, key, format, values...)
}

// report adds the problems of a component, where the user typed the key. Keys that
// are settled are left out.
func (found *findings) report(list field.ErrorList) {
	for _, p := range list {
		if key := found.typedAt(p.Field); !found.covers(key) {
			found.add(p.Type, key, "%s", p.Detail)
		}
	}
}

// settle notes that everything is said about a key.
func (found *findings) settle(key string) { found.settled[key] = true }

// covers reports whether the key, or anything that it is a part of, is settled.
func (found *findings) covers(key string) bool {
	for at := key; at != ""; at = problems.Parent(at) {
		if found.settled[at] {
			return true
		}
	}
	return false
}

// reported reports whether anything is wrong with a key, or with a part of it.
func (found *findings) reported(key string) bool {
	return slices.ContainsFunc(found.list, func(p *field.Error) bool { return problems.Within(p.Field, key) })
}

// given reports whether the user typed a key.
func (found *findings) given(key string) bool { return found.decoded.Given(key) }

// set reports whether the user typed a key and a value that sets something: not false,
// and not an empty list or mapping.
func (found *findings) set(key string) bool { return found.decoded.Set(key) }

// typedAt returns where the user typed a key: a model's value may stand in the
// defaults.
func (found *findings) typedAt(key string) string { return found.decoded.TypedAt(key) }
