package config

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// findings holds the problems of a configuration, each with the key that the user typed.
type findings struct {
	// decoded holds the places where keys were typed.
	decoded *keys.Result
	list    field.ErrorList
	// settled holds keys without further problems to report.
	settled map[string]bool
}

// newFindings returns the problems of a decoder. A key that could not be decoded is not
// reported again for its default.
func newFindings(decoded *keys.Result) *findings {
	found := &findings{decoded: decoded, list: slices.Clone(decoded.Errors), settled: map[string]bool{}}
	for _, p := range found.list {
		found.settle(field.NewPath(p.Field))
	}
	return found
}

// add adds a problem once, although every model has the same defaults.
func (found *findings) add(kind field.ErrorType, path *field.Path, format string, values ...any) {
	problems.AddOnce(&found.list, kind, path.String(), format, values...)
}

// report adds the problems of a component, at the place where the user typed the key. It
// skips settled keys.
func (found *findings) report(list field.ErrorList) {
	for _, p := range list {
		if path := found.typedAt(field.NewPath(p.Field)); !found.covers(path) {
			found.add(p.Type, path, "%s", p.Detail)
		}
	}
}

// settle stops further reports about a key.
func (found *findings) settle(path *field.Path) { found.settled[path.String()] = true }

// covers reports whether the key or one of its parents is settled.
func (found *findings) covers(path *field.Path) bool {
	for key := path.String(); key != ""; key = problems.Parent(key) {
		if found.settled[key] {
			return true
		}
	}
	return false
}

// reported reports whether a key or a part of it has a problem.
func (found *findings) reported(path *field.Path) bool {
	return slices.ContainsFunc(found.list, func(p *field.Error) bool { return problems.Within(p.Field, path.String()) })
}

// typed reports whether the user typed a key.
func (found *findings) typed(path *field.Path) bool { return found.decoded.Given(path.String()) }

// set reports whether the user typed a key with a value other than false, an empty list
// or an empty mapping.
func (found *findings) set(path *field.Path) bool { return found.decoded.Set(path.String()) }

// typedAt returns the key where the user typed a value: a model's value may be in the
// defaults.
func (found *findings) typedAt(path *field.Path) *field.Path {
	return field.NewPath(found.decoded.TypedAt(path.String()))
}

// redirect makes typedAt return another place for a key.
func (found *findings) redirect(path, target *field.Path) {
	found.decoded.Redirect(path.String(), target.String())
}
