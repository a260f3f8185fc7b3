package reference

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// draft is the version of JSON Schema. The YAML language server, which editors use,
// supports this and older ones (https://github.com/redhat-developer/yaml-language-server).
const draft = "http://json-schema.org/draft-07/schema#"

// schema returns the JSON Schema of a stack's file. It refuses unknown keys of the
// namespace, and accepts all keys of other namespaces.
func (g *generator) schema() map[string]any {
	properties := map[string]any{}
	for _, k := range g.Root.Keys {
		properties[g.full(k)] = g.value(k, "")
	}
	root := map[string]any{
		"$schema": draft,
		"title":   "Stack of " + g.Namespace,
		"type":    "object",
		"properties": map[string]any{
			"secretsprovider": map[string]any{"type": "string", "description": "The provider that encrypts the secrets of the stack."},
			"encryptedkey":    map[string]any{"type": "string", "description": "The encrypted key of the secrets; Pulumi sets it."},
			"encryptionsalt":  map[string]any{"type": "string", "description": "The salt of the passphrase; Pulumi sets it."},
			"environment":     map[string]any{"description": "Environments of Pulumi ESC."},
			"config": map[string]any{
				"type":                 "object",
				"properties":           properties,
				"patternProperties":    map[string]any{withoutPrefix(g.Namespace + ":"): map[string]any{}},
				"additionalProperties": false,
			},
		},
	}
	return share(root)
}

// withoutPrefix returns a regular expression for names that do not begin with a prefix.
// It has no lookahead, which some validators do not support.
func withoutPrefix(prefix string) string {
	var parts []string
	for i := range prefix {
		parts = append(parts, regexp.QuoteMeta(prefix[:i])+"([^"+regexp.QuoteMeta(prefix[i:i+1])+"]|$)")
	}
	return "^(" + strings.Join(parts, "|") + ")"
}

// value returns the schema of a key's values in a scope, with its description.
func (g *generator) value(k *keys.Key, scope string) map[string]any {
	s := g.kindSchema(k, scope)
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

func (g *generator) kindSchema(k *keys.Key, scope string) map[string]any {
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
		return g.mapping(k.Mapping, scope)
	case keys.Maps:
		return map[string]any{"type": "array", "items": g.mapping(k.Mapping, scope)}
	case keys.Scoped:
		return g.mapping(k.Mapping, k.Scope)
	case keys.Texts:
		return map[string]any{"type": "object", "additionalProperties": text}
	case keys.Integers:
		return map[string]any{"type": "object", "additionalProperties": bounded(k, map[string]any{"type": "integer"})}
	case keys.Numbers:
		return map[string]any{"type": "object", "additionalProperties": bounded(k, map[string]any{"type": "number"})}
	case keys.Formed:
		s := map[string]any{}
		for name, value := range g.Forms[k.Form].Schema {
			s[name] = value
		}
		return s
	}
	return map[string]any{"type": "object"} // a tree
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

// bounded adds the range of a number to its schema.
func bounded(k *keys.Key, s map[string]any) map[string]any {
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
// belongs to an inlined pointer, is not required either.
func (g *generator) mapping(m *keys.Mapping, scope string) map[string]any {
	properties := map[string]any{}
	var required []string
	for _, k := range m.Keys {
		if !k.Visible(scope) {
			continue
		}
		properties[k.Name] = g.value(k, scope)
		if k.Required && scope == "" && len(k.In) == 0 && !k.Optional() {
			required = append(required, k.Name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
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
