package helmchart

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

var update = flag.Bool("update", false, "write the chart helm/vllm")

const folder = "../../helm/vllm"

// TestChartIsCurrent compares the chart with the builders from which it is generated.
func TestChartIsCurrent(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			path := filepath.Join(folder, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range files {
		if old, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name))); err != nil || !bytes.Equal(old, text) {
			t.Errorf("helm/vllm/%s is not current (%v); run: go test ./internal/helmchart -update", name, err)
		}
	}
	err = fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if _, ok := files[name]; err == nil && !entry.IsDir() && !ok {
			t.Errorf("helm/vllm/%s is not generated; remove it", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestEveryValueIsDeclared checks that the values of models are exactly the declared fields,
// and that the schema accepts them.
func TestEveryValueIsDeclared(t *testing.T) {
	schema := compiled(t)
	all := complete()
	all.PodPatch = `{"spec":{"dnsConfig":{"options":[{"name":"ndots","value":"1"}]}}}`
	cpu := Default()
	cpu.Scaling.Policy = serving.CPU
	for name, s := range map[string]serving.Spec{"default": Default(), "complete": all, "cpu": cpu} {
		values, err := valuesOf(s.WithDefaults())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var walk func(m map[string]any, prefix string)
		walk = func(m map[string]any, prefix string) {
			for key, value := range m {
				path := prefix + key
				i := slices.IndexFunc(fields, func(f field) bool { return f.path == path })
				got = append(got, path)
				if inner, ok := value.(map[string]any); ok && i >= 0 && fields[i].kind == group {
					walk(inner, path+".")
				}
			}
		}
		walk(values, "")
		var want []string
		for _, f := range fields {
			want = append(want, f.path)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the values are\n%q\nwant\n%q", name, got, want)
		}
		if err := schema.Validate(plain(t, values)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestValuesReplaceThoseOfTheChart checks that a key that only the chart's defaults have is
// null: Helm merges mappings.
func TestValuesReplaceThoseOfTheChart(t *testing.T) {
	hung := Default()
	hung.Lifecycle.HungSeconds = 300
	values, err := Values(hung.WithDefaults())
	if err != nil {
		t.Fatal(err)
	}
	probe := values["livenessProbe"].(map[string]any)
	if value, exists := probe["httpGet"]; !exists || value != nil || probe["exec"] == nil {
		t.Errorf("the probe is %v, want exec, and httpGet that is null", probe)
	}
	if values, err = Values(Default().WithDefaults()); err != nil || values["livenessProbe"].(map[string]any)["httpGet"] == nil {
		t.Errorf("%v, the values are %v", err, values)
	}
}

// compiled returns the schema of the values.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("values.schema.json", plain(t, Schema())); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// plain returns a value as JSON decodes it.
func plain(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// TestSchemaRefuses checks what helm refuses before it renders.
func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	text, err := DefaultValues()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(map[string]any){
		"a typo":                       func(v map[string]any) { v["imgae"] = "x:1" },
		"a typo in a group":            func(v map[string]any) { v["replicas"].(map[string]any)["maximum"] = 2 },
		"no replica at most":           func(v map[string]any) { v["replicas"].(map[string]any)["max"] = 0 },
		"latest":                       func(v map[string]any) { v["image"] = "vllm/vllm-openai:latest" },
		"an image without a tag":       func(v map[string]any) { v["image"] = "registry.example.com:5000/vllm" },
		"no arguments":                 func(v map[string]any) { v["args"] = []any{} },
		"an argument that is a number": func(v map[string]any) { v["args"] = []any{8192} },
		"a variable that is a number":  func(v map[string]any) { v["env"] = map[string]any{"A": 1} },
		"a value in place of a Secret": func(v map[string]any) { v["secretEnv"] = map[string]any{"HF_TOKEN": "hf_x"} },
		"a Secret without its key":     func(v map[string]any) { v["secretEnv"] = map[string]any{"HF_TOKEN": map[string]any{"secret": "a"}} },
		"another scaler":               func(v map[string]any) { v["scaling"].(map[string]any)["scaler"] = "vpa" },
		"a name that is too long":      func(v map[string]any) { v["name"] = strings.Repeat("a", 55) },
		"a Service on ports of nodes":  func(v map[string]any) { v["service"].(map[string]any)["type"] = "NodePort" },
		"a trigger without a threshold": func(v map[string]any) {
			v["scaling"].(map[string]any)["triggers"] = []any{map[string]any{"name": "a", "query": "b"}}
		},
	} {
		var values map[string]any
		if err := yaml.Unmarshal(text, &values); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(plain(t, values)); err != nil {
			t.Fatalf("the defaults are refused: %v", err)
		}
		if change(values); schema.Validate(plain(t, values)) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
