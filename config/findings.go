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
		found.settle(field.NewPath(p.Field))
	}
	return found
}

// add reports a problem once: every model has the defaults.
func (found *findings) add(kind field.ErrorType, path *field.Path, format string, values ...any) {
	problems.AddOnce(&found.list, kind, path.String(), format, values...)
}

// report adds the problems of a component, where the user typed the key. Keys that
// are settled are left out.
func (found *findings) report(list field.ErrorList) {
	for _, p := range list {
		if path := found.typedAt(field.NewPath(p.Field)); !found.covers(path) {
			found.add(p.Type, path, "%s", p.Detail)
		}
	}
}

// settle notes that everything is said about a key.
func (found *findings) settle(path *field.Path) { found.settled[path.String()] = true }

// covers reports whether the key, or anything that it is a part of, is settled.
func (found *findings) covers(path *field.Path) bool {
	for key := path.String(); key != ""; key = problems.Parent(key) {
		if found.settled[key] {
			return true
		}
	}
	return false
}

// reported reports whether anything is wrong with a key, or with a part of it.
func (found *findings) reported(path *field.Path) bool {
	return slices.ContainsFunc(found.list, func(p *field.Error) bool { return problems.Within(p.Field, path.String()) })
}

// typed reports whether the user typed a key.
func (found *findings) typed(path *field.Path) bool { return found.decoded.Given(path.String()) }

// set reports whether the user typed a key and a value that sets something: not false,
// and not an empty list or mapping.
func (found *findings) set(path *field.Path) bool { return found.decoded.Set(path.String()) }

// typedAt returns where the user typed a key: a model's value may stand in the
// defaults.
func (found *findings) typedAt(path *field.Path) *field.Path {
	return field.NewPath(found.decoded.TypedAt(path.String()))
}

// redirect has typedAt find a key at another place from now on.
func (found *findings) redirect(path, target *field.Path) {
	found.decoded.Redirect(path.String(), target.String())
}
