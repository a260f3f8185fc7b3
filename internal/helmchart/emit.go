package helmchart

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/internal/trees"
)

// slot is a part of an object that a template replaces by an expression.
type slot struct {
	// path is the position of the part. The object need not have the last key.
	path trees.Path
	// value is an expression that gives YAML on one line; "" for none.
	value string
	// block is an expression that gives the lines of a mapping or a list; "" for none.
	block string
	// condition is an expression. Without it, the part is always written. If it is false or
	// empty, the part is left out. A slot with neither value nor block writes the part of the
	// object.
	condition string
	// extra is the path of a mapping of the values whose keys follow those of the object; ""
	// for none.
	extra string
	// instead is the path of a mapping of the values that replaces the part unless it is
	// empty; "" for none.
	instead string
}

// emitter writes an object as a template.
type emitter struct {
	slots []slot
	used  map[string]bool
	err   error
}

// template returns an object as the text of a template.
func template(tree map[string]any, slots []slot) (string, error) {
	e := &emitter{slots: slots, used: map[string]bool{}}
	for _, s := range slots {
		if err := insert(tree, s.path); err != nil {
			return "", err
		}
	}
	text := e.mapping(tree, nil, 0)
	for _, s := range slots {
		if !e.used[s.path.String()] {
			return "", fmt.Errorf("the template does not reach %s", s.path)
		}
	}
	return text, e.err
}

// insert adds the last key of a path to the object, if it is missing.
func insert(tree any, path trees.Path) error {
	last := len(path) - 1
	parent, ok := trees.Value(tree, path[:last])
	mapping, isMapping := parent.(map[string]any)
	if !ok || !isMapping {
		return fmt.Errorf("the object has no %s", path[:last])
	}
	key := path[last].(string)
	if _, exists := mapping[key]; !exists {
		mapping[key] = nil
	}
	return nil
}

// slot returns the slot of a path.
func (e *emitter) slot(path trees.Path) (slot, bool) {
	for _, s := range e.slots {
		if s.path.String() == path.String() {
			e.used[path.String()] = true
			return s, true
		}
	}
	return slot{}, false
}

// below reports whether a slot is below a path.
func (e *emitter) below(path trees.Path) bool {
	return slices.ContainsFunc(e.slots, func(s slot) bool { return path.Contains(s.path) })
}

// mapping returns the lines of a mapping, in the order of its keys. A key with a condition
// is not the first: the first key of an item of a list follows a hyphen.
func (e *emitter) mapping(m map[string]any, path trees.Path, indent int) string {
	var b strings.Builder
	keys := slices.Sorted(maps.Keys(m))
	conditional := func(key string) bool {
		s, ok := e.slot(append(slices.Clip(path), key))
		return ok && s.condition != ""
	}
	if i := slices.IndexFunc(keys, func(key string) bool { return !conditional(key) }); i > 0 {
		keys = slices.Concat(keys[i:i+1], keys[:i], keys[i+1:])
	}
	for _, key := range keys {
		b.WriteString(e.entry(key, m[key], append(slices.Clip(path), key), indent))
	}
	return b.String()
}

// entry returns the lines of one key of a mapping.
func (e *emitter) entry(key string, value any, path trees.Path, indent int) string {
	spaces := strings.Repeat(" ", indent)
	s, ok := e.slot(path)
	if !ok {
		return e.part(key, value, path, indent)
	}
	var text string
	switch {
	case s.value != "":
		text = fmt.Sprintf("%s%s: {{ %s }}\n", spaces, key, s.value)
	case s.block != "":
		text = fmt.Sprintf("%s%s:\n%s  {{- %s | nindent %d }}\n", spaces, key, spaces, s.block, indent+2)
	default:
		text = e.part(key, value, path, indent)
	}
	if s.extra != "" {
		text += fmt.Sprintf("%[1]s  {{- with .Values.%[2]s }}\n%[1]s  {{- toYaml . | nindent %[3]d }}\n%[1]s  {{- end }}\n", spaces, s.extra, indent+2)
	}
	if s.instead != "" {
		text = fmt.Sprintf("%[1]s{{- if .Values.%[2]s }}\n%[1]s%[3]s:\n%[1]s  {{- toYaml .Values.%[2]s | nindent %[4]d }}\n%[1]s{{- else }}\n%[5]s%[1]s{{- end }}\n",
			spaces, s.instead, key, indent+2, text)
	}
	if s.condition == "" {
		return text
	}
	return fmt.Sprintf("%[1]s{{- if %[2]s }}\n%[3]s%[1]s{{- end }}\n", spaces, s.condition, text)
}

// part returns the lines of a key whose value the object has.
func (e *emitter) part(key string, value any, path trees.Path, indent int) string {
	if !e.below(path) {
		return e.literal(map[string]any{key: value}, indent)
	}
	spaces := strings.Repeat(" ", indent)
	switch value := value.(type) {
	case map[string]any:
		return fmt.Sprintf("%s%s:\n%s", spaces, key, e.mapping(value, path, indent+2))
	case []any:
		var b strings.Builder
		fmt.Fprintf(&b, "%s%s:\n", spaces, key)
		for i, item := range value {
			below := append(slices.Clip(path), i)
			m, ok := item.(map[string]any)
			if !ok || !e.below(below) {
				b.WriteString(e.literal([]any{item}, indent+2))
				continue
			}
			b.WriteString(spaces + "  - " + e.mapping(m, below, indent+4)[indent+4:])
		}
		return b.String()
	}
	e.err = fmt.Errorf("%s is no mapping and no list, but a slot is below", path)
	return ""
}

// literal returns a value as lines of YAML.
func (e *emitter) literal(value any, indent int) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		e.err = err
		return ""
	}
	if strings.Contains(string(text), "{{") {
		e.err = fmt.Errorf("%.60q contains an expression of templates", text)
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		if line != "\n" {
			b.WriteString(strings.Repeat(" ", indent))
		}
		b.WriteString(line)
	}
	return b.String()
}
