package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// decoding is what one run of the decoder finds out.
type decoding struct {
	found field.ErrorList
	// origin maps a key that a model took from the defaults to where the user
	// typed it.
	origin map[string]string
	// refused are the top-level keys whose values are not looked at.
	refused []string
}

// add reports a problem once: a default is looked at by every model.
func (d *decoding) add(kind field.ErrorType, key, format string, args ...any) {
	if slices.Contains(d.refused, key) {
		return
	}
	p := &field.Error{Type: kind, Field: key, Detail: fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(d.found, func(other *field.Error) bool { return other.Field == p.Field && other.Detail == p.Detail }) {
		d.found = append(d.found, p)
	}
}

// reported tells whether anything is wrong with a key, or with a part of it.
func (d *decoding) reported(key string) bool {
	return slices.ContainsFunc(d.found, func(p *field.Error) bool {
		rest, of := strings.CutPrefix(p.Field, key)
		return of && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// node is one mapping of the configuration. It knows where it stands, and which
// keys it was asked for: the others are unknown.
type node struct {
	path     string
	values   map[string]any
	fallback *node // where a key is looked up that values lacks
	asked    []string
	children []*node
	d        *decoding
}

// lookup returns the value of a key and where the user typed it.
func (n *node) lookup(key string) (value any, path string, ok bool) {
	if !slices.Contains(n.asked, key) {
		n.asked = append(n.asked, key)
	}
	path = n.at(key)
	if value, ok = n.values[key]; ok {
		if value == nil {
			n.d.add(field.ErrorTypeRequired, path, "has no value; give it one or remove the key")
			return nil, path, false
		}
		return value, path, true
	}
	if n.fallback == nil {
		return nil, path, false
	}
	value, origin, ok := n.fallback.lookup(key)
	if ok {
		n.d.origin[path] = origin
	}
	return value, origin, ok
}

func (n *node) at(key string) string {
	if n.path == "" {
		return key
	}
	return n.path + "." + key
}

// str is a text; an empty one is refused, since leaving the key out says that.
func (n *node) str(key string) string {
	value, path, ok := n.lookup(key)
	if !ok {
		return ""
	}
	text, ok := value.(string)
	switch {
	case !ok:
		n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want a text%s", describe(path, value), quoteHint(value))
	case text == "":
		n.d.add(field.ErrorTypeForbidden, path, "is empty; give it a value or remove the key")
	}
	return text
}

// integer is a whole number. Zero is refused, because it means "not given" to
// the fields that are read with it.
func (n *node) integer(key string) int {
	p := n.integerOrZero(key)
	if p == nil {
		return 0
	}
	if _, path, _ := n.lookup(key); *p == 0 {
		n.d.add(field.ErrorTypeForbidden, path, "is 0, want a number of at least 1; remove the key for the default")
	}
	return *p
}

// integerOrZero is a whole number that may be zero, or nil if it is not given.
func (n *node) integerOrZero(key string) *int {
	value, path, ok := n.lookup(key)
	if !ok {
		return nil
	}
	if number, isNumber := value.(json.Number); isNumber {
		if i, err := strconv.Atoi(number.String()); err == nil {
			return &i
		}
	}
	n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want a whole number", describe(path, value))
	return nil
}

// amount is a number above zero, or 0 if it is not given.
func (n *node) amount(key string) float64 {
	value, path, ok := n.lookup(key)
	if !ok {
		return 0
	}
	if number, isNumber := value.(json.Number); isNumber {
		if x, err := number.Float64(); err == nil && x > 0 {
			return x
		}
	}
	n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want a number above 0", describe(path, value))
	return 0
}

// amounts is a mapping from keys that the user chooses to numbers above zero.
func (n *node) amounts(key string) map[string]float64 {
	return valuesOf(n.object(key), (*node).amount)
}

// counts is a mapping from keys that the user chooses to whole numbers.
func (n *node) counts(key string) map[string]int {
	return valuesOf(n.object(key), (*node).integer)
}

// valuesOf reads every value of a mapping; nil if it has none.
func valuesOf[V any](n *node, read func(*node, string) V) map[string]V {
	var all map[string]V
	for _, name := range slices.Sorted(maps.Keys(n.values)) {
		if all == nil {
			all = map[string]V{}
		}
		all[name] = read(n, name)
	}
	return all
}

// boolean is true or false; false if it is not given.
func (n *node) boolean(key string) bool {
	value, path, ok := n.lookup(key)
	if !ok {
		return false
	}
	truth, ok := value.(bool)
	if !ok {
		n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want true or false", describe(path, value))
	}
	return truth
}

// optionalBoolean is true or false, or nil if it is not given.
func (n *node) optionalBoolean(key string) *bool {
	if _, _, ok := n.lookup(key); !ok {
		return nil
	}
	truth := n.boolean(key)
	return &truth
}

// mapping is a mapping with any keys, as JSON; "" if it is not given.
func (n *node) mapping(key string) string {
	value, path, ok := n.lookup(key)
	if !ok {
		return ""
	}
	text, err := json.Marshal(value)
	if _, isMapping := value.(map[string]any); !isMapping || err != nil {
		n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want a mapping", describeKind(value))
		return ""
	}
	return string(text)
}

// tree is a mapping with any keys and any values; nil if it is not given.
func (n *node) tree(key string) map[string]any {
	value, path, ok := n.lookup(key)
	if !ok {
		return nil
	}
	values, ok := value.(map[string]any)
	if !ok {
		n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want a mapping", describeKind(value))
	}
	return values
}

// list is a list of any kind of items.
func (n *node) list(key string) ([]any, string) {
	value, path, ok := n.lookup(key)
	if !ok {
		return nil, path
	}
	items, ok := value.([]any)
	if !ok {
		n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want a list", describeKind(value))
	}
	return items, path
}

// texts is a list of texts.
func (n *node) texts(key string) []string {
	items, path := n.list(key)
	var texts []string
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			n.d.add(field.ErrorTypeTypeInvalid, fmt.Sprintf("%s[%d]", path, i), "is %s, want a text%s", describe(path, item), quoteHint(item))
		}
		texts = append(texts, text)
	}
	return texts
}

// object is a mapping with known keys. It is empty if the key is not given.
func (n *node) object(key string) *node {
	child := &node{path: n.at(key), d: n.d}
	if n.fallback != nil {
		child.fallback = n.fallback.object(key)
	}
	n.children = append(n.children, child)
	if !slices.Contains(n.asked, key) {
		n.asked = append(n.asked, key)
	}
	value, ok := n.values[key]
	if !ok {
		return child
	}
	if child.values, ok = value.(map[string]any); !ok {
		n.d.add(field.ErrorTypeTypeInvalid, child.path, "is %s, want a mapping%s", describeKind(value), mappingHint(key, value))
	}
	return child
}

// has tells whether the key is there, with whatever value.
func (n *node) has(key string) bool {
	_, ok := n.values[key]
	return ok
}

// textMap is a mapping from keys that the user chooses to texts. With a
// fallback, the two are merged key by key.
func (n *node) textMap(key string) map[string]string {
	child := n.object(key)
	texts := map[string]string{}
	for at := child; at != nil; at = at.fallback {
		for name := range at.values {
			at.asked = append(at.asked, name)
		}
	}
	for at := child; at != nil; at = at.fallback {
		for _, name := range slices.Sorted(maps.Keys(at.values)) {
			if _, done := texts[name]; !done {
				texts[name] = child.anyText(name)
			}
		}
	}
	return texts
}

// anyText is a text that may be empty, which means something to a variable.
func (n *node) anyText(key string) string {
	value, path, ok := n.lookup(key)
	if !ok {
		return ""
	}
	text, ok := value.(string)
	if !ok {
		n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want a text%s", describe(path, value), quoteHint(value))
	}
	return text
}

// close refuses the keys that nobody asked for, here and below.
func (n *node) close() {
	for _, key := range slices.Sorted(maps.Keys(n.values)) {
		if !slices.Contains(n.asked, key) {
			n.d.add(field.ErrorTypeInvalid, n.at(key), "%s", unknownKey(key, n.asked))
		}
	}
	for _, child := range n.children {
		child.close()
	}
}
