package config

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// wrongValue is a value that a declaration refuses, and the problem, without its key.
type wrongValue struct {
	value any
	kind  string
}

// missing stands for a mapping without the key.
type missing struct{}

// wrongValues returns values out of a key's range, one that is none of its values, and
// nothing in place of a required key.
func wrongValues(k *keys.Key) []wrongValue {
	var wrong []wrongValue
	add := func(value any, kind string) {
		switch k.Kind {
		case keys.Integers, keys.Numbers:
			value = map[string]any{"x": value}
		case keys.Strings:
			value = []any{value}
		}
		wrong = append(wrong, wrongValue{value, kind})
	}
	if r := k.Range; r != nil && r.Min != nil {
		add(*r.Min-1, "invalid")
	}
	if r := k.Range; r != nil && r.Max != nil {
		add(*r.Max+1, "invalid")
	}
	switch {
	case len(k.OneOf) > 0 && k.Kind == keys.Integer:
		add(4711, "not supported")
	case len(k.OneOf) > 0:
		add("no-such-value", "not supported")
	}
	if k.Required {
		wrong = append(wrong, wrongValue{missing{}, "required"})
	}
	return wrong
}

// places returns where a key may stand: at its path, and in scopes. A key that only a
// scope lacks is required in none.
func places(k *keys.Key, value any) []string {
	paths := []string{k.Path}
	for _, root := range []string{"models[].", "cluster."} {
		below, ok := strings.CutPrefix(k.Path, root)
		if !ok || value == (missing{}) && !strings.Contains(below, "[]") {
			continue
		}
		for _, scope := range k.In {
			if scope == keys.DefaultsScope {
				paths = append(paths, "defaults."+below)
			} else {
				paths = append(paths, root+scope+"."+below)
			}
		}
	}
	return paths
}

// nest returns mappings and lists around a value, by a path such as models[].name.
func nest(path string, value any) any {
	if path == "" {
		return value
	}
	step, below, _ := strings.Cut(path, ".")
	if value == (missing{}) && below == "" {
		return map[string]any{}
	}
	inner := nest(below, value)
	if name, list := strings.CutSuffix(step, "[]"); list {
		return map[string]any{name: []any{inner}}
	}
	return map[string]any{step: inner}
}

// merged returns mappings in one, and lists by their items.
func merged(a, b any) any {
	base, isMapping := a.(map[string]any)
	if extra, areMappings := b.(map[string]any); isMapping && areMappings {
		union := maps.Clone(base)
		for name, value := range extra {
			union[name] = merged(union[name], value)
		}
		return union
	}
	list, isList := a.([]any)
	if extra, areLists := b.([]any); isList && areLists && len(list) > 0 && len(extra) > 0 {
		return []any{merged(list[0], extra[0])}
	}
	return b
}

// TestEveryDeclarationIsEnforced gives each key that is declared with a range, values or
// required a value that its declaration refuses, in every place where the key may stand,
// on a created and on an existing cluster: the configuration is refused for that key, and
// so it is by the JSON Schema.
func TestEveryDeclarationIsEnforced(t *testing.T) {
	root, err := Keys()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile("../docs/reference/stack.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	clusters := map[string]map[string]any{
		"created":  {"aws:region": "us-west-2", "network": map[string]any{"zones": []any{"us-west-2a", "us-west-2b"}}},
		"existing": {"cluster": map[string]any{"existing": map[string]any{"context": "test"}}},
	}
	tried := 0
	for _, k := range root.List() {
		for _, wrong := range wrongValues(k) {
			for _, path := range places(k, wrong.value) {
				for clusterKind, base := range clusters {
					if wrong.value == (missing{}) && path == "cluster.existing.context" {
						base = map[string]any{}
					}
					values := merged(base, nest(path, wrong.value)).(map[string]any)
					if strings.HasPrefix(path, "defaults.") {
						values["models"] = []any{map[string]any{"name": "a", "model": "org/m"}}
					}
					want := strings.ReplaceAll(path, "[]", "[0]") + ": " + wrong.kind
					if entries, ok := wrong.value.(map[string]any); ok && entries["x"] != nil {
						want = strings.ReplaceAll(path, "[]", "[0]") + ".x: " + wrong.kind
					}
					if k.Kind == keys.Strings {
						want = strings.ReplaceAll(path, "[]", "[0]") + "[0]: " + wrong.kind
					}
					file := stackFile(t, values)
					if document, err := jsonschema.UnmarshalJSON(strings.NewReader(file)); err != nil || schema.Validate(document) == nil {
						t.Errorf("the schema accepts %s: %v", file, err)
					}
					if got := problemsOf(t, file); !slices.Contains(got, want) {
						t.Errorf("on a cluster that is %s, %s as %v has the problems %q, want %q", clusterKind, path, wrong.value, got, want)
					}
					tried++
				}
			}
		}
	}
	if tried < 400 {
		t.Errorf("%d values are tried; this test compares nothing", tried)
	}
}

// stackFile returns a stack's file with values of keys.
func stackFile(t *testing.T, values map[string]any) string {
	t.Helper()
	full := map[string]any{}
	for name, value := range values {
		if !strings.Contains(name, ":") {
			name = Namespace + ":" + name
		}
		full[name] = value
	}
	text, err := json.Marshal(map[string]any{"config": full})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// problemsOf loads a stack's file, and returns its problems.
func problemsOf(t *testing.T, file string) []string {
	t.Helper()
	c, err := stacktest.ParseConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	var source Source
	source.Capture(&pulumi.RunInfo{Config: c.Values, ConfigSecretKeys: c.Secret})
	_, err = Load(&source, nil)
	return problemstest.Kinds(err)
}

// TestDeclaredDefaultsApply holds that every declared default is set, also those of
// keys that no spec completes, and that what the user typed stays.
func TestDeclaredDefaultsApply(t *testing.T) {
	c := mustLoad(t, `
  vllm-eks:nodeGroups:
    - {name: g5, instanceTypes: [g5.2xlarge]}
    - {name: own, labels: {pool: own}, hardware: {gpu: H100, gpus: 8, vcpu: 96, memoryGiB: 1024}}
  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: g5}]`)
	again := c.root
	if keys.Complete(&again); !reflect.DeepEqual(again, c.root) {
		t.Errorf("completed again, it is\n%+v, want\n%+v", again, c.root)
	}
	if got := c.NodeGroups[0].Capacity; got != "on-demand" {
		t.Errorf("the capacity of a node group is %q", got)
	}
	if got := c.NodeGroups[1].Own["own"].MaxPods; got != 110 {
		t.Errorf("a node of one's own has %d pods", got)
	}
	if c.typed.NodeGroups[0].Capacity != "" || c.typed.NodeGroups[1].Hardware.MaxPods != 0 || c.typed.SystemNodes.DiskGiB != 0 {
		t.Errorf("what was typed is %+v", c.typed)
	}
}
