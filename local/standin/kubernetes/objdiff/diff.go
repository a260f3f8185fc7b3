// Package objdiff compares the inputs of two generations of a Kubernetes object
// and decides whether the change can be applied in place.
package objdiff

import (
	"sort"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// Kind is what happens to the value at a path.
type Kind int

// The kinds of change.
const (
	Add Kind = iota
	Delete
	Update
)

// Change is one difference between old and new inputs.
type Change struct {
	Path resource.PropertyPath
	Kind Kind
	// Replace means that the API refuses this change on a live object.
	Replace bool

	old, new resource.PropertyValue
}

// Compare lists the differences in the order of their paths, each marked with
// whether one of the rules forces a replacement. Whether a value is secret is
// no difference; a value that is not known yet always is one.
func Compare(old, new resource.PropertyMap, rules []Rule) []Change {
	c := &comparison{}
	c.objects(nil, old, new)
	for i := range c.changes {
		for _, rule := range rules {
			if rule.touchedBy(c.changes[i]) {
				c.changes[i].Replace = true
				break
			}
		}
	}
	return c.changes
}

type comparison struct {
	changes []Change
}

func (c *comparison) add(path resource.PropertyPath, kind Kind, old, new resource.PropertyValue) {
	c.changes = append(c.changes, Change{Path: path, Kind: kind, old: old, new: new})
}

func (c *comparison) objects(path resource.PropertyPath, old, new resource.PropertyMap) {
	keys := map[resource.PropertyKey]struct{}{}
	for key := range old {
		keys[key] = struct{}{}
	}
	for key := range new {
		keys[key] = struct{}{}
	}
	sorted := make([]string, 0, len(keys))
	for key := range keys {
		sorted = append(sorted, string(key))
	}
	sort.Strings(sorted)
	for _, key := range sorted {
		c.values(join(path, key), object.Unwrap(old[resource.PropertyKey(key)]), object.Unwrap(new[resource.PropertyKey(key)]))
	}
}

func (c *comparison) values(path resource.PropertyPath, old, new resource.PropertyValue) {
	switch {
	case old.IsNull() && new.IsNull():
	case old.IsNull():
		c.add(path, Add, old, new)
	case new.IsNull():
		c.add(path, Delete, old, new)
	case new.IsComputed() || new.IsOutput():
		c.add(path, Update, old, new)
	case old.IsObject() && new.IsObject():
		c.objects(path, old.ObjectValue(), new.ObjectValue())
	case old.IsArray() && new.IsArray():
		c.arrays(path, old.ArrayValue(), new.ArrayValue())
	case !old.DeepEquals(new):
		c.add(path, Update, old, new)
	}
}

// arrays compares by position, as the real provider reports lists.
func (c *comparison) arrays(path resource.PropertyPath, old, new []resource.PropertyValue) {
	var absent resource.PropertyValue
	for i := 0; i < len(old) || i < len(new); i++ {
		before, after := absent, absent
		if i < len(old) {
			before = object.Unwrap(old[i])
		}
		if i < len(new) {
			after = object.Unwrap(new[i])
		}
		c.values(join(path, i), before, after)
	}
}

// join copies: the path of a parent is shared by all its children.
func join(path resource.PropertyPath, element any) resource.PropertyPath {
	out := make(resource.PropertyPath, 0, len(path)+1)
	return append(append(out, path...), element)
}

// WithoutIgnored drops the changes at or below one of the paths.
func WithoutIgnored(changes []Change, ignored []resource.PropertyPath) []Change {
	kept := make([]Change, 0, len(changes))
	for _, change := range changes {
		skip := false
		for _, path := range ignored {
			skip = skip || path.Contains(change.Path)
		}
		if !skip {
			kept = append(kept, change)
		}
	}
	return kept
}
