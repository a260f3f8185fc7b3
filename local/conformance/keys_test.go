package conformance

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// declaredKeys holds the keys of a model in a stack's file, and the arguments of a service in a program.
type declaredKeys []string

var anyIndex = regexp.MustCompile(`\[\d+\]`)

// modelKeys returns every key of a model, and every argument of its service.
func modelKeys(t *testing.T) declaredKeys {
	t.Helper()
	m, err := keys.Declare(reflect.TypeFor[serving.Spec]())
	if err != nil {
		t.Fatal(err)
	}
	var paths declaredKeys
	for _, k := range slices.Concat(m.List(), m.AllArguments()) {
		paths = append(paths, k.Path)
	}
	return paths
}

// names reports whether a key is declared, or is a part or a prefix of a declared key.
func (declared declaredKeys) names(key string) bool {
	key = anyIndex.ReplaceAllString(key, "[]")
	return slices.ContainsFunc(declared, func(path string) bool {
		return key == path || within(key, path) || within(path, key) || key == path+"[]"
	})
}

func within(key, outer string) bool {
	return strings.HasPrefix(key, outer+".") || strings.HasPrefix(key, outer+"[")
}
