package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenerate holds what programs in TypeScript see of the components.
func TestGenerate(t *testing.T) {
	text, err := os.ReadFile("../schema.json")
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"serving/vllmservice.ts": "namespace: pulumi.Input<string>;",
		"serving/namespaces.ts":  "namespaces: inputs.serving.NamespaceArgs[];",
		"types/input.ts":         "claim?: pulumi.Input<string | undefined>;",
		"package.json":           `"name": "@vllm-eks/vllm-eks"`,
	} {
		if !strings.Contains(string(files[name]), want) {
			t.Errorf("%s has no %s", name, want)
		}
	}
}

// TestRun holds where the SDK is written, and that the folder has to be named.
func TestRun(t *testing.T) {
	t.Chdir("..")
	if err := run(nil); err == nil || !strings.Contains(err.Error(), "want one argument") {
		t.Errorf("without an argument: %v", err)
	}
	folder := filepath.Join(t.TempDir(), "sdk")
	if err := run([]string{folder}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "serving", "vllmservice.ts")); err != nil {
		t.Error(err)
	}
}
