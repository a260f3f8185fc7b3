package upgrades

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vllm-eks/vllm-eks/internal/trees"
)

// Model holds the values of a model in a stack's file.
type Model struct {
	// Known is false for a model of a program in Go or TypeScript, whose values are not read.
	Known bool
	// values are those of the model, of the defaults, and of the whole stack.
	values []map[string]any
}

// Has reports whether the file sets a key for the model, such as storage.cache, to something
// else than false. The value of the model counts before that of the defaults.
func (m Model) Has(key string) bool {
	for _, values := range m.values {
		if value, found := trees.Value(values, keyPath(key)); found {
			return value != nil && value != false
		}
	}
	return false
}

// keyPath returns the position of a key such as storage.cache.
func keyPath(key string) trees.Path {
	var path trees.Path
	for _, name := range strings.Split(key, ".") {
		path = append(path, name)
	}
	return path
}

// keyPrefix begins the program's keys in a stack's file.
const keyPrefix = "vllm-eks:"

// Models returns the models of a stack's file, by their names.
func Models(stackFile string) (map[string]Model, error) {
	var file struct{ Config map[string]any }
	if err := yaml.Unmarshal([]byte(stackFile), &file); err != nil {
		return nil, fmt.Errorf("the stack's file: %w", err)
	}
	whole := map[string]any{}
	for name, value := range file.Config {
		if key, own := strings.CutPrefix(name, keyPrefix); own {
			whole[key] = value
		}
	}
	defaults, _ := whole["defaults"].(map[string]any)
	entries, _ := whole["models"].([]any)
	models := map[string]Model{}
	for i, entry := range entries {
		own, _ := entry.(map[string]any)
		name, _ := own["name"].(string)
		if name == "" {
			return nil, fmt.Errorf("models[%d].name: is missing", i)
		}
		models[name] = Model{Known: true, values: []map[string]any{own, defaults, whole}}
	}
	return models, nil
}
