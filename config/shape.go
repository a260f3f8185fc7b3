package config

import (
	"encoding/json"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// wrongShape stands for a shape that is reported as wrong already: it is given,
// so nothing else is wanted in its place.
const wrongShape = "{}"

// shape is the model's config.json: the path of the file, those of its keys that
// sizes are computed from, or a model of the catalogue with the same shape.
func (n *node) shape() string {
	value, path, ok := n.lookup("shape")
	if !ok {
		return ""
	}
	switch value := value.(type) {
	case string:
		text, err := os.ReadFile(value)
		if err == nil {
			return string(text)
		}
		if _, known := catalogue.FindShape(value); known {
			return value
		}
		// Not repeated: it may be anything.
		n.d.add(field.ErrorTypeInvalid, path, "is a text, and no file of that path can be read; want the path of the model's config.json, from the folder of the project, or a model of the catalogue")
		return wrongShape
	case map[string]any:
		text, err := json.Marshal(value)
		if err == nil {
			_, err = catalogue.ParseShape(text)
		}
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				n.d.add(field.ErrorTypeInvalid, path, "%s", line)
			}
			return wrongShape
		}
		return string(text)
	}
	n.d.add(field.ErrorTypeTypeInvalid, path, "is %s, want the path of the model's config.json, or a mapping with its keys", describeKind(value))
	return wrongShape
}
