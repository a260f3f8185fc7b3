package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

func everything(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// changed are the resources that differ between two runs of the program, as a
// preview would list them.
func changed(t *testing.T, before, after string) []string {
	t.Helper()
	was := byName(t, mustRecord(t, "test", mustParse(t, before)))
	is := byName(t, mustRecord(t, "test", mustParse(t, after)))
	var names []string
	for name, text := range is {
		switch old, existed := was[name]; {
		case !existed:
			names = append(names, "+ "+name)
		case old != text:
			names = append(names, "~ "+name)
		}
	}
	for name := range was {
		if _, still := is[name]; !still {
			names = append(names, "- "+name)
		}
	}
	slices.Sort(names)
	return names
}

// byName are the inputs of every resource. How long the engine waits for one is
// not among them: it shows in no preview.
func byName(t *testing.T, r *stacktest.Recording) map[string]string {
	t.Helper()
	inputs := map[string]string{}
	for _, resource := range r.Resources() {
		resource.Timeouts = nil
		text, err := json.Marshal(resource)
		if err != nil {
			t.Fatal(err)
		}
		inputs[resource.Type+"::"+resource.Name] = string(text)
	}
	return inputs
}

func TestOneLineChanges(t *testing.T) {
	const (
		assistant = "~ kubernetes:apps/v1:Deployment::assistant"
		ranker    = "~ kubernetes:apps/v1:Deployment::ranker"
		coder     = "~ kubernetes:apps/v1:Deployment::coder"
	)
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{"nothing", "name: coder", "name: coder", nil},
		{"the model", "Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-7B-Instruct", []string{coder}},
		{"its length", "maxModelLen: 16384", "maxModelLen: 8192", []string{assistant}},
		{"its GPUs", "gpu: {count: 2}", "gpu: {count: 4}", []string{assistant}},
		{"its scale", "{min: 2, max: 5}", "{min: 2, max: 9}", nil},
		{"its load time", "provisionSeconds: 900", "provisionSeconds: 800", []string{assistant}},
		{"vLLM everywhere", "vllmVersion: v0.33.1", "vllmVersion: v0.33.2", []string{coder}},
		{"a default of all", "arch: amd64", "arch: arm64", []string{assistant, coder, ranker}},
		{"a namespace more", "{name: search}", "{name: search}, {name: spare}", []string{"+ kubernetes:core/v1:Namespace::spare"}},
		{"the kubeconfig's place", "~/clusters/everything", "/etc/everything", []string{"~ pulumi:providers:kubernetes::cluster"}},
		{"a key no more", "  vllm-eks:apiKey: {secure: sk-canary-5e7a9b31}\n", "", []string{
			"- kubernetes:core/v1:Secret::assistant-api-key", "- kubernetes:core/v1:Secret::coder-api-key",
			"- kubernetes:core/v1:Secret::ranker-api-key", assistant, coder, ranker,
		}},
	}
	before := everything(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(before, test.old) && len(test.want) > 0 {
				t.Fatalf("testdata/everything.yaml has no %q", test.old)
			}
			got := changed(t, before, strings.Replace(before, test.old, test.new, 1))
			if !slices.Equal(got, test.want) {
				t.Errorf("changed %q, want %q", got, test.want)
			}
		})
	}
}

// TestReorderingChangesNothing turns every list of the configuration round.
func TestReorderingChangesNothing(t *testing.T) {
	before := mustParse(t, everything(t))
	after := mustParse(t, everything(t))
	for _, key := range []string{"vllm-eks:models", "vllm-eks:namespaces"} {
		var items []json.RawMessage
		if err := json.Unmarshal([]byte(before.Values[key]), &items); err != nil {
			t.Fatal(err)
		}
		slices.Reverse(items)
		text, err := json.Marshal(items)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) == before.Values[key] {
			t.Fatalf("%s is the same in both orders", key)
		}
		after.Values[key] = string(text)
	}
	a, b := asJSON(t, mustRecord(t, "test", before)), asJSON(t, mustRecord(t, "test", after))
	if string(a) != string(b) {
		t.Error("the order of models or namespaces shows in the resources")
	}
}

// TestTwoRunsAreIdentical catches what a map's random order would change.
func TestTwoRunsAreIdentical(t *testing.T) {
	first := asJSON(t, mustRecord(t, "test", mustParse(t, everything(t))))
	for range 10 {
		if again := asJSON(t, mustRecord(t, "test", mustParse(t, everything(t)))); string(again) != string(first) {
			t.Fatal("two runs on one configuration register different resources")
		}
	}
}
