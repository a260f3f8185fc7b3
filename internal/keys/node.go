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
	// scope is the scope whose keys the mapping may have; "" means all keys.
	scope string
	// fallbacks are the mappings in which a missing key is looked up, in this order.
	fallbacks []*node
}

// direct returns the value of a key in the mapping itself. It reports a key without a
// value, and returns ok false.
func (r *Result) direct(n *node, k *Key) (value any, ok, set bool) {
	if n == nil || !k.Visible(n.scope) {
		return nil, false, false
	}
	value, set = n.values[k.Name]
	if set && value == nil {
		r.add(field.ErrorTypeRequired, Join(n.path, k.Name), "has no value; give it one or remove the key")
	}
	return value, set && value != nil, set
}

// lookup returns the value of a key, and the path at which the user typed it.
func (r *Result) lookup(n *node, k *Key) (value any, path string, ok bool) {
	path = Join(n.path, k.Name)
	value, ok, set := r.direct(n, k)
	if set {
		return value, path, ok
	}
	for _, f := range n.fallbacks {
		value, ok, set := r.direct(f, k)
		if !set {
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

// has reports whether the mapping or a fallback has a key, with any value.
func (n *node) has(k *Key) bool {
	contains := func(n *node) bool {
		_, ok := n.values[k.Name]
		return ok && k.Visible(n.scope)
	}
	return contains(n) || slices.ContainsFunc(n.fallbacks, contains)
}

// child returns the mapping that is the value of a key. Its fallbacks are the mappings
// of the same key in the fallbacks. It is empty if the key is not set.
func (r *Result) child(n *node, k *Key) *node {
	child := &node{path: Join(n.path, k.Name), scope: n.scope}
	if value, ok, _ := r.direct(n, k); ok {
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

// scoped returns the mapping of a key of kind Scoped, which has the keys of a scope.
func (r *Result) scoped(n *node, k *Key) *node {
	scope := r.child(&node{path: n.path, values: n.values}, k)
	scope.scope = k.Scope
	return scope
}

// mapping sets the fields of a struct, and reports unknown keys.
func (r *Result) mapping(n *node, m *Mapping, target reflect.Value) {
	names := m.Names(n.scope)
	for _, name := range slices.Sorted(maps.Keys(n.values)) {
		if k := m.key(name); k == nil || !k.Visible(n.scope) {
			r.unknown = append(r.unknown, &field.Error{Type: field.ErrorTypeForbidden, Field: Join(n.path, name), Detail: unknownKey(name, names)})
		}
	}
	for _, k := range m.Keys {
		if k.Kind == Scoped && k.Of == "" && k.Visible(n.scope) {
			n.fallbacks = append(slices.Clip(n.fallbacks), r.scoped(n, k))
		}
	}
	for _, index := range m.optional {
		m.allocate(n, index, target)
	}
	for _, k := range m.Keys {
		v, ok := k.field(target)
		if !ok || !k.Visible(n.scope) {
			continue
		}
		r.key(n, m, k, v)
	}
}

// allocate sets an inlined pointer if one of its keys is set.
func (m *Mapping) allocate(n *node, index []int, target reflect.Value) {
	group := Key{index: index}
	v, ok := group.field(target)
	if ok && v.IsNil() && slices.ContainsFunc(m.Keys, func(k *Key) bool { return k.below(index) && n.has(k) }) {
		v.Set(reflect.New(v.Type().Elem()))
	}
}

// key sets the field of one key.
func (r *Result) key(n *node, m *Mapping, k *Key, target reflect.Value) {
	if k.Pointer {
		if !n.has(k) {
			return
		}
		pointer := reflect.New(k.typ)
		if r.value(n, m, k, pointer.Elem()) {
			target.Set(pointer)
		}
		return
	}
	r.value(n, m, k, target)
}
