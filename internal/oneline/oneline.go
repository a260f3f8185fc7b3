// Package oneline writes values as YAML on one line, as in {min: 1, max: 4}. Pulumi
// prints an output with such a string as one line, where it spreads a mapping, and a
// string with JSON, over one line for each key.
package oneline

import (
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Marshal returns a value that JSON can hold, with the names that it has in JSON. A
// value that JSON cannot hold is an error.
func Marshal(value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil { // JSON is YAML
		return "", err
	}
	unquote(&document)
	line, err := yaml.Marshal(&document)
	return strings.TrimSuffix(string(line), "\n"), err
}

// unquote leaves the quotes to the encoder, which writes those that YAML needs.
func unquote(node *yaml.Node) {
	node.Style &^= yaml.DoubleQuotedStyle
	for _, child := range node.Content {
		unquote(child)
	}
}
