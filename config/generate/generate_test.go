package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

const root = "../.."

// TestReferenceIsCurrent holds that the reference and the schema follow the
// declarations.
func TestReferenceIsCurrent(t *testing.T) {
	pages, schema, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "docs", "reference")
	existing, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil || len(existing) != len(pages) {
		t.Errorf("there are %d pages, want %d: %v", len(existing), len(pages), err)
	}
	pages[schemaFile] = string(schema)
	for name, want := range pages {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(got) != want {
			t.Errorf("docs/reference/%s is stale; run: go generate ./config", name)
		}
	}
}

// TestTablesAreCurrent holds that the tables of scaling policies and of charts follow
// their declarations, and that each has rows.
func TestTablesAreCurrent(t *testing.T) {
	pages, err := pagesWithTables(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range pages {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s has a stale table; run: go generate ./config", path)
		}
	}
	for _, table := range tables() {
		if len(table.rows) < 5 {
			t.Errorf("the table of %s has %d rows", table.page, len(table.rows))
		}
	}
	if _, err := tables()[0].insert("# A page without it\n"); err == nil {
		t.Error("a page without the table is accepted")
	}
}

// compiled returns the schema that editors use.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	_, text, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaFile, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(schema *jsonschema.Schema, text []byte) error {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

// TestStackFilesAreValid holds the stacks of the repository and those with every key to
// the schema, and that editors find it.
func TestStackFilesAreValid(t *testing.T) {
	schema := compiled(t)
	for pattern, minimum := range map[string]int{"Pulumi.*.yaml": 3, "stack/testdata/*.yaml": 2, "examples/manifests/*.yaml": 1} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) < minimum {
			t.Fatalf("there are %d files %s, want at least %d: %v", len(files), pattern, minimum, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(schema, text); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			relative, _ := filepath.Rel(filepath.Dir(file), filepath.Join(root, "docs", "reference", schemaFile))
			line, _, _ := strings.Cut(string(text), "\n")
			if want := "# yaml-language-server: $schema=" + filepath.ToSlash(relative); line != want {
				t.Errorf("%s begins with %q, want %q", file, line, want)
			}
		}
	}
}

// TestSchemaRefuses holds what an editor marks while one types.
func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	for name, test := range map[string]struct {
		config string
		valid  bool
	}{
		"valid_model":                     {"vllm-eks:models: [{name: a, model: org/m, nodeGroup: [a, b], pin: {gpu: {count: 1}}}]", true},
		"models_as_JSON":                  {"vllm-eks:models: '[{\"name\": \"a\", \"model\": \"org/m\"}]'", true},
		"profile_called_by_its_account":   {"aws:profile: 123456789012", true},
		"profile_that_is_a_list":          {"aws:profile: [1]", false},
		"adapter_without_a_source":        {"vllm-eks:defaults: {lora: {adapters: [{name: a}]}}", false},
		"encrypted_value_of_a_chart":      {"vllm-eks:gpu: {values: {a: {secure: b}}}", false},
		"unknown_key_of_AWS":              {"aws:assumeRole: {roleArn: a}", false},
		"key_of_another_program":          {"other:models: 5", true},
		"defaults":                        {"vllm-eks:defaults: {replicas: {max: 2}}", true},
		"encrypted_secret":                {"vllm-eks:apiKey: {secure: AAAB}", true},
		"unknown_key_of_the_stack":        {"vllm-eks:model: []", false},
		"unknown_key_of_a_model":          {"vllm-eks:models: [{name: a, model: org/m, maxModelLength: 5}]", false},
		"number_in_place_of_a_string":     {"vllm-eks:models: [{name: a, model: 7}]", false},
		"number_out_of_its_range":         {"vllm-eks:models: [{name: a, model: org/m, gpu: {count: 9}}]", false},
		"value_that_does_not_exist":       {"vllm-eks:models: [{name: a, model: org/m, lifecycle: {rollout: fast}}]", false},
		"model_without_a_name":            {"vllm-eks:models: [{model: org/m}]", false},
		"name_in_the_defaults":            {"vllm-eks:defaults: {name: a}", false},
		"key_in_a_pin_that_is_not_pinned": {"vllm-eks:models: [{name: a, model: org/m, pin: {env: {A: b}}}]", false},
		"secret_in_clear":                 {"vllm-eks:apiKey: secret", false},
		"argument_of_the_component_alone": {"vllm-eks:costs: {region: us-west-2}", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := validate(schema, []byte("config:\n  "+test.config+"\n"))
			if (err == nil) != test.valid {
				t.Errorf("it is valid: %t, want %t: %v", err == nil, test.valid, err)
			}
		})
	}
}
