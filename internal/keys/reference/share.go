package reference

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// share moves mappings that a schema contains several times to its definitions, so that
// the schema stays small.
func share(root map[string]any) map[string]any {
	s := &sharing{count: map[string]int{}, names: map[string]string{}, definitions: map[string]any{}}
	s.tally(root)
	shared := s.replace(root, "").(map[string]any)
	shared["definitions"] = s.definitions
	return shared
}

type sharing struct {
	count       map[string]int
	names       map[string]string // of definitions, by their text
	definitions map[string]any
}

// text returns a mapping with properties as text; "" for everything else.
func text(value any) string {
	m, ok := value.(map[string]any)
	if !ok || m["properties"] == nil {
		return ""
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(encoded)
}

func (s *sharing) tally(value any) {
	if t := text(value); t != "" {
		s.count[t]++
	}
	switch value := value.(type) {
	case map[string]any:
		for _, below := range value {
			s.tally(below)
		}
	case []any:
		for _, item := range value {
			s.tally(item)
		}
	}
}

// replace returns a schema with references to shared mappings. The name of a definition
// is the path to its first use.
func (s *sharing) replace(value any, path string) any {
	t := text(value)
	if name, ok := s.names[t]; ok && t != "" {
		return map[string]any{"$ref": "#/definitions/" + name}
	}
	var replaced any
	switch value := value.(type) {
	case map[string]any:
		m := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			m[name] = s.replace(value[name], step(path, name))
		}
		replaced = m
	case []any:
		var items []any
		for _, item := range value {
			items = append(items, s.replace(item, path))
		}
		replaced = items
	default:
		return value
	}
	if t == "" || s.count[t] < 2 {
		return replaced
	}
	s.names[t] = path
	s.definitions[path] = replaced
	return map[string]any{"$ref": "#/definitions/" + path}
}

// step appends a name to a path, except for keywords of JSON Schema.
func step(path, name string) string {
	if name == "properties" || name == "items" || name == "config" || name == "anyOf" {
		return path
	}
	return strings.TrimPrefix(path+"."+strings.ReplaceAll(name, ":", "."), ".")
}
