package config

import (
	"encoding/json"
	"os"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// shape is the model's config.json: the path of the file, or those of its keys
// that sizes are computed from.
func (n *node) shape() string {
	value, path, ok := n.lookup("shape")
	if !ok {
		return ""
	}
	switch value := value.(type) {
	case string:
		text, err := os.ReadFile(value)
		if err != nil {
			n.d.add(path, "is the path of a config.json that cannot be read: %v", err)
			return ""
		}
		return string(text)
	case map[string]any:
		text, err := json.Marshal(value)
		if err == nil {
			_, err = catalogue.ParseShape(text)
		}
		if err != nil {
			n.d.add(path, "%v", err)
			return ""
		}
		return string(text)
	}
	n.d.add(path, "is %s, want the path of the model's config.json, or a mapping with its keys", describeKind(value))
	return ""
}
