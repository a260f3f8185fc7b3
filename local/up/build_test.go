package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// TestProviderEmbedsItsSchema holds that the build finds the schema of the Kubernetes
// provider in its module.
func TestProviderEmbedsItsSchema(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	name, remove, err := kubernetesProvider.overlay(t.Context(), options{layout: layout.Layout{Root: root}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &overlay); err != nil {
		t.Fatal(err)
	}
	schema, err := os.ReadFile(overlay.Replace[filepath.Join(root, "local/pulumi/kubernetes/schema.json")])
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Name      string
		Resources map[string]any
	}
	if err := json.Unmarshal(schema, &parsed); err != nil || parsed.Name != "kubernetes" || parsed.Resources["kubernetes:apps/v1:Deployment"] == nil {
		t.Errorf("the schema is of %q, with %d resources: %v", parsed.Name, len(parsed.Resources), err)
	}
	remove()
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", name, err)
	}
	if name, _, err := kubeProgram.overlay(t.Context(), options{}); name != "" || err != nil {
		t.Errorf("a program that embeds nothing has the overlay %q, %v", name, err)
	}
}
