package reference

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// encrypted is the definition of a value that Pulumi decrypts: a mapping with the only
// key secure. unencrypted is the definition of a value that contains no encrypted value.
const (
	encrypted   = "encrypted"
	unencrypted = "unencrypted"
)

func reference(definition string) map[string]any {
	return map[string]any{"$ref": "#/definitions/" + definition}
}

// withoutSecrets adds to the schema of a value that it contains no encrypted value.
func withoutSecrets(s map[string]any) map[string]any {
	s["not"], s["additionalProperties"], s["items"] = reference(encrypted), reference(unencrypted), reference(unencrypted)
	return s
}

// schema returns the JSON Schema of a stack's file. It refuses unknown keys of the
// namespaces of the keys of the root, and accepts all keys of other namespaces.
func (g *generator) schema() map[string]any {
	properties := map[string]any{}
	namespaces := map[string]bool{g.Namespace + ":": true}
	for _, k := range g.Root.Keys {
		properties[g.full(k)] = g.rootValue(k)
		namespace, _, _ := strings.Cut(g.full(k), ":")
		namespaces[namespace+":"] = true
	}
	text := func(description string) map[string]any {
		return map[string]any{"type": "string", "description": description}
	}
	root := share(map[string]any{
		"$schema": draft,
		"title":   "Stack of " + g.Namespace,
		"type":    "object",
		"properties": map[string]any{
			"secretsprovider": text("The provider that encrypts the secrets of the stack."),
			"encryptedkey":    text("The encrypted key of the secrets; Pulumi sets it."),
			"encryptionsalt":  text("The salt of the passphrase; Pulumi sets it."),
			"environment":     map[string]any{"description": "Environments of Pulumi ESC."},
			"config": map[string]any{
				"type":                 "object",
				"properties":           properties,
				"patternProperties":    map[string]any{withoutPrefixes(slices.Sorted(maps.Keys(namespaces))): map[string]any{}},
				"additionalProperties": false,
			},
		},
	})
	root["definitions"].(map[string]any)[encrypted] = map[string]any{
		"type": "object", "required": []string{"secure"}, "maxProperties": 1, "properties": map[string]any{"secure": map[string]any{"type": "string"}},
	}
	root["definitions"].(map[string]any)[unencrypted] = withoutSecrets(map[string]any{})
	return root
}

// rootValue returns the schema of a key of the root. pulumi config set stores values as
// text, and Pulumi passes values as text. So a list or a mapping may be typed as JSON,
// and a string as a number.
func (g *generator) rootValue(k *keys.Key) map[string]any {
	s := g.value(k, within{item: k.Kind == keys.Maps && !merges(g.Root, k)})
	pattern := ""
	switch {
	case k.Secret:
		return s
	case k.Kind == keys.String:
		s["type"] = []string{"string", "number"}
		return s
	case k.Kind == keys.Boolean:
		pattern = "^(true|false)$"
	case k.Kind == keys.Integer || k.Kind == keys.Number:
		pattern = "^-?[0-9]"
	case k.Kind == keys.Maps || k.Kind == keys.Strings:
		pattern = jsonList
	case k.Kind == keys.OneOrMore || k.Kind == keys.Formed:
		return s // its values are strings
	default:
		pattern = `^\s*\{[\s\S]*\}\s*$`
	}
	outer := map[string]any{"anyOf": []any{s, map[string]any{"type": "string", "pattern": pattern}}}
	for _, word := range []string{"description", "default", "examples"} {
		if value, ok := s[word]; ok {
			outer[word] = value
			delete(s, word)
		}
	}
	return outer
}

// jsonList matches a list as JSON.
const jsonList = `^\s*\[[\s\S]*\]\s*$`

// withoutPrefixes returns a regular expression for names that begin with none of the
// prefixes. It has no lookahead, which some validators do not support: it matches a
// beginning of a prefix, and then another letter, or the end.
func withoutPrefixes(prefixes []string) string {
	next := map[string]string{}
	for _, prefix := range prefixes {
		for i := range prefix {
			if letter := prefix[i : i+1]; !strings.Contains(next[prefix[:i]], letter) {
				next[prefix[:i]] += letter
			}
		}
	}
	var parts []string
	for _, beginning := range slices.Sorted(maps.Keys(next)) {
		parts = append(parts, regexp.QuoteMeta(beginning)+"([^"+regexp.QuoteMeta(next[beginning])+"]|$)")
	}
	return "^(" + strings.Join(parts, "|") + ")"
}
