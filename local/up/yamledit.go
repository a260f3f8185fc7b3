package main

import "go.yaml.in/yaml/v3"

// Edits of a YAML document that keep the comments of everything else.

// find is the place of a key in a mapping, or -1.
func find(mapping *yaml.Node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// at is the mapping below a key; it is made where there is none.
func at(mapping *yaml.Node, key string) *yaml.Node {
	if i := find(mapping, key); i >= 0 {
		return mapping.Content[i+1]
	}
	child := &yaml.Node{Kind: yaml.MappingNode}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, child)
	return child
}

// set gives a key a text. What was said about the old one goes.
func set(mapping *yaml.Node, key, value string) {
	text := &yaml.Node{}
	text.SetString(value)
	if i := find(mapping, key); i >= 0 {
		mapping.Content[i+1] = text
		return
	}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, text)
}

func remove(mapping *yaml.Node, key string) {
	if i := find(mapping, key); i >= 0 {
		mapping.Content = append(mapping.Content[:i:i], mapping.Content[i+2:]...)
	}
}
