package reference

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// draft is the version of JSON Schema. The YAML language server, which editors use,
// supports this and older ones (https://github.com/redhat-developer/yaml-language-server).
const draft = "http://json-schema.org/draft-07/schema#"

// within is the position of a mapping.
type within struct {
	// scope is the scope whose keys the mapping has; "" for all.
	scope string
	// item reports that the mapping is, or is part of, an item of a list into which no
	// scope is merged.
	item bool
}

// value returns the schema of a key's values in a scope, with its description.
func (g *generator) value(k *keys.Key, in within) map[string]any {
	s := g.kindSchema(k, in)
	description := strings.ReplaceAll(g.comments[k].text, "`", "")
	switch fallback := strings.ReplaceAll(g.fallback(k), "`", ""); fallback {
	case "required", "":
	default:
		description += " Default: " + fallback + "."
	}
	s["description"] = description
	if k.Default != "" && k.If == "" {
		s["default"] = typed(k)
	}
	if k.Example != "" {
		s["examples"] = []any{k.Example}
	}
	return s
}

func (g *generator) kindSchema(k *keys.Key, in within) map[string]any {
	text := map[string]any{"type": "string"}
	switch k.Kind {
	case keys.String, keys.Integer, keys.Number:
		return g.scalar(k)
	case keys.Boolean:
		return map[string]any{"type": "boolean"}
	case keys.Strings:
		item := map[string]any{"type": "string"}
		if len(k.OneOf) > 0 {
			item["enum"] = k.OneOf
		}
		return map[string]any{"type": "array", "items": item}
	case keys.OneOrMore:
		return map[string]any{"anyOf": []any{
			map[string]any{"type": "string", "minLength": 1},
			map[string]any{"type": "array", "items": text, "minItems": 1},
		}}
	case keys.Map:
		return g.mapping(k.Mapping, in)
	case keys.Maps:
		return map[string]any{"type": "array", "items": g.mapping(k.Mapping, in)}
	case keys.Scoped:
		return g.mapping(k.Mapping, within{scope: k.Scope})
	case keys.Texts:
		return map[string]any{"type": "object", "additionalProperties": text, "not": reference(encrypted)}
	case keys.Integers:
		return map[string]any{"type": "object", "additionalProperties": bounded(k, map[string]any{"type": "integer"})}
	case keys.Numbers:
		return map[string]any{"type": "object", "additionalProperties": bounded(k, map[string]any{"type": "number"})}
	case keys.Formed:
		s := map[string]any{}
		maps.Copy(s, g.Forms[k.Form].Schema)
		return withoutSecrets(s)
	}
	return withoutSecrets(map[string]any{"type": "object"}) // a tree
}

func (g *generator) scalar(k *keys.Key) map[string]any {
	if k.Secret {
		return map[string]any{
			"type": "object", "required": []string{"secure"}, "additionalProperties": false,
			"properties": map[string]any{"secure": map[string]any{"type": "string", "description": "Set it with: pulumi config set --secret " + g.full(k)}},
		}
	}
	s := map[string]any{"type": string(k.Kind)}
	if len(k.OneOf) > 0 {
		var values []any
		for _, text := range k.OneOf {
			value := any(text)
			if i, err := strconv.Atoi(text); err == nil && k.Kind == keys.Integer {
				value = i
			}
			values = append(values, value)
		}
		s["enum"] = values
	}
	if k.Kind == keys.String && !k.Pointer && len(k.OneOf) == 0 {
		s["minLength"] = 1
	}
	return bounded(k, s)
}

// bounded adds the range of a number to its schema. The range of an integer is at most
// that of Go's int.
func bounded(k *keys.Key, s map[string]any) map[string]any {
	if k.Kind == keys.Integer && len(k.OneOf) == 0 || k.Kind == keys.Integers {
		s["maximum"] = math.MaxInt
	}
	if k.Range == nil {
		return s
	}
	if k.Range.Min != nil && k.Range.Above {
		s["exclusiveMinimum"] = *k.Range.Min
	} else if k.Range.Min != nil {
		s["minimum"] = *k.Range.Min
	}
	if k.Range.Max != nil {
		s["maximum"] = *k.Range.Max
	}
	return s
}

// mapping returns the schema of a mapping with the keys of a scope. A scope requires no
// key, because it only supplies missing keys. A key that a scope can supply, or that
// belongs to an inlined pointer, is not required either. Scopes supply nothing to an item of
// most lists, which therefore needs every required key.
func (g *generator) mapping(m *keys.Mapping, in within) map[string]any {
	properties := map[string]any{}
	var required []string
	for _, k := range m.Keys {
		if !k.Visible(in.scope) {
			continue
		}
		properties[k.Name] = g.value(k, within{in.scope, in.item && k.Kind != keys.Maps || k.Kind == keys.Maps && !merges(m, k)})
		if k.Required && !k.Optional() && (in.item || in.scope == "" && len(k.In) == 0) {
			required = append(required, k.Name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// merges reports whether the items of a list have the keys of scopes: of a scope in the
// struct of the list, or of a scope in the items.
func merges(m *keys.Mapping, list *keys.Key) bool {
	return slices.ContainsFunc(m.Keys, func(k *keys.Key) bool { return k.Kind == keys.Scoped && k.Of == list.Name }) ||
		slices.ContainsFunc(list.Mapping.Keys, func(k *keys.Key) bool { return k.Kind == keys.Scoped })
}

// typed returns the default of a key as its type.
func typed(k *keys.Key) any {
	switch k.Kind {
	case keys.Integer, keys.Number:
		if x, err := strconv.ParseFloat(k.Default, 64); err == nil {
			return x
		}
	case keys.Boolean:
		return k.Default == "true"
	case keys.Strings, keys.OneOrMore:
		return strings.Fields(k.Default)
	}
	return k.Default
}
