package keys

import (
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// node is one mapping of the configuration.
type node struct {
	path   string
	values map[string]any
	// scope is the scope whose keys the mapping may have; "" for all.
	scope string
	// fallbacks are the mappings in which a key is looked up that values lacks, the
	// first of them first.
	fallbacks []*node
}

// own returns the value of a key that stands in the mapping itself. One without a
// value is reported, and not ok.
func (r *Result) own(n *node, k *Key) (value any, ok, given bool) {
	if n == nil || !k.Visible(n.scope) {
		return nil, false, false
	}
	value, given = n.values[k.Name]
	if given && value == nil {
		r.add(field.ErrorTypeRequired, Join(n.path, k.Name), "has no value; give it one or remove the key")
	}
	return value, given && value != nil, given
}

// lookup returns the value of a key and where the user typed it.
func (r *Result) lookup(n *node, k *Key) (value any, path string, ok bool) {
	path = Join(n.path, k.Name)
	value, ok, given := r.own(n, k)
	if given {
		return value, path, ok
	}
	for _, f := range n.fallbacks {
		value, ok, given := r.own(f, k)
		if !given {
			continue
		}
		origin := Join(f.path, k.Name)
		if ok {
			r.origin[path] = origin
		}
		return value, origin, ok
	}
	return nil, path, false
}

// given reports whether a key stands in the mapping or a fallback, with whatever
// value.
func (n *node) given(k *Key) bool {
	stands := func(n *node) bool {
		_, ok := n.values[k.Name]
		return ok && k.Visible(n.scope)
	}
	return stands(n) || slices.ContainsFunc(n.fallbacks, stands)
}

// child returns the mapping that is the value of a key, with those of the fallbacks
// as its own. It is empty if the key is not given.
func (r *Result) child(n *node, k *Key) *node {
	child := &node{path: Join(n.path, k.Name), scope: n.scope}
	if value, ok, _ := r.own(n, k); ok {
		var isMapping bool
		if child.values, isMapping = value.(map[string]any); !isMapping {
			r.add(field.ErrorTypeTypeInvalid, child.path, "is %s, want a mapping%s", Describe(value), shortHint(k, value))
		}
	}
	for _, f := range n.fallbacks {
		if k.Visible(f.scope) {
			child.fallbacks = append(child.fallbacks, r.child(f, k))
		}
	}
	return child
}

// scoped returns the mapping that is the value of a key that has the keys of a scope.
func (r *Result) scoped(n *node, k *Key) *node {
	scope := r.child(&node{path: n.path, values: n.values}, k)
	scope.scope = k.Scope
	return scope
}

// mapping sets the fields of a struct, and reports unknown keys.
func (r *Result) mapping(n *node, m *Mapping, into reflect.Value) {
	known := m.Names(n.scope)
	for _, name := range slices.Sorted(maps.Keys(n.values)) {
		if k := m.key(name); k == nil || !k.Visible(n.scope) {
			r.unknown = append(r.unknown, &field.Error{Type: field.ErrorTypeForbidden, Field: Join(n.path, name), Detail: unknownKey(name, known)})
		}
	}
	for _, k := range m.Keys {
		if k.Kind == Scoped && k.Of == "" && k.Visible(n.scope) {
			n.fallbacks = append(slices.Clip(n.fallbacks), r.scoped(n, k))
		}
	}
	for _, index := range m.optional {
		m.allocate(n, index, into)
	}
	for _, k := range m.Keys {
		v, ok := k.field(into)
		if !ok || !k.Visible(n.scope) {
			continue
		}
		r.key(n, m, k, v)
	}
}

// allocate sets an inlined pointer of which a key is given.
func (m *Mapping) allocate(n *node, index []int, into reflect.Value) {
	group := Key{index: index}
	v, ok := group.field(into)
	if ok && v.IsNil() && slices.ContainsFunc(m.Keys, func(k *Key) bool { return k.below(index) && n.given(k) }) {
		v.Set(reflect.New(v.Type().Elem()))
	}
}

// key sets the field of one key.
func (r *Result) key(n *node, m *Mapping, k *Key, into reflect.Value) {
	if k.Pointer {
		if !n.given(k) {
			return
		}
		pointer := reflect.New(k.typ)
		if r.value(n, m, k, pointer.Elem()) {
			into.Set(pointer)
		}
		return
	}
	r.value(n, m, k, into)
}
