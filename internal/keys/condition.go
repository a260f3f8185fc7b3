package keys

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// condition holds when a default applies: if another key of the same struct is set, has
// one of some values, or is not set.
type condition struct {
	name             string
	absent, compared bool
	values           []string
}

func parseCondition(text string) condition {
	name, values, compared := strings.Cut(text, "=")
	name, absent := strings.CutPrefix(name, "!")
	return condition{name, absent, compared, strings.Fields(values)}
}

// applies reports whether the condition of a default holds.
func (m *Mapping) applies(text string, v reflect.Value) bool {
	if text == "" {
		return true
	}
	c := parseCondition(text)
	value, given := m.key(c.name).value(v)
	switch {
	case c.absent || !given:
		return c.absent && !given
	case c.compared:
		return slices.Contains(c.values, fmt.Sprint(value))
	}
	if value.Kind() == reflect.Slice || value.Kind() == reflect.Map {
		return value.Len() > 0
	}
	return !value.IsZero()
}

// checkCondition reports a condition that is never true, or that depends on a later
// field: defaults are set in the order of the fields.
func (d *declaring) checkCondition(m *Mapping, k *Key) {
	if k.If == "" {
		return
	}
	c := parseCondition(k.If)
	other := m.key(c.name)
	wrong := ""
	switch {
	case other == nil:
		wrong = fmt.Sprintf("and no key %s is beside it", c.name)
	case other == k:
		wrong = "which is the key itself"
	case c.absent && c.compared || c.compared && len(c.values) == 0:
		wrong = `want a condition such as "name", "name=value other" or "!name"`
	case other.Kind == Scoped:
		wrong = fmt.Sprintf("and %s is never set", c.name)
	case c.absent && other.Required:
		wrong = fmt.Sprintf("and %s is required", c.name)
	case other.Default != "" && (c.absent && other.If == "" || slices.Index(m.Keys, other) > slices.Index(m.Keys, k)):
		wrong = fmt.Sprintf("and %s has a default", c.name)
	}
	for _, text := range c.values {
		if wrong == "" && !other.canBe(text) {
			wrong = fmt.Sprintf("and %s is never %s", c.name, text)
		}
	}
	if wrong != "" {
		d.add(k.Owner, k.Field, "has if:%q, %s", k.If, wrong)
	}
}

// canBe reports whether a key can have a value. Conditions compare strings.
func (k *Key) canBe(text string) bool {
	if k.Kind != String && k.Kind != Integer && k.Kind != Number && k.Kind != Boolean {
		return false
	}
	value, err := k.parsed(text)
	return err == nil && fmt.Sprint(value) == text && (k.Pointer || !value.IsZero())
}
