package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/internal/commands"
)

var update = flag.Bool("update", false, "render the folder manifests")

const mistral = "../../examples/manifests/Pulumi.vllm.yaml"

// execute runs the command as a user does, and returns its output and its messages.
func execute(arguments ...string) (out, messages string, err error) {
	var stdout, stderr bytes.Buffer
	c := command(&stdout, &stderr)
	c.SetArgs(append([]string{}, arguments...)) // nil would mean those of the test
	err = c.ExecuteContext(context.Background())
	return stdout.String(), stderr.String(), err
}

// TestManifestsAreCurrent compares the folder manifests with its stack file.
func TestManifestsAreCurrent(t *testing.T) {
	arguments := []string{"--out", "../../manifests", "--alternatives", mistral}
	if *update {
		if _, _, err := execute(arguments...); err != nil {
			t.Fatal(err)
		}
	}
	if out, _, err := execute(append(arguments, "--check")...); err != nil {
		t.Errorf("%v\n%srun: go test ./cmd/render -update", err, out)
	}
}

// TestManifestsAreTheSet checks that the folder has the files of the quick start, and that
// kubectl apply -f does not find the alternative.
func TestManifestsAreTheSet(t *testing.T) {
	for file, kind := range map[string]string{
		"namespace.yaml": "Namespace", "deployment.yaml": "Deployment", "service.yaml": "Service", "keda-scaledobject.yaml": "ScaledObject",
		"servicemonitor.yaml": "ServiceMonitor", "pdb.yaml": "PodDisruptionBudget", "alternatives/hpa.yaml": "HorizontalPodAutoscaler",
	} {
		text, err := os.ReadFile(filepath.Join("../../manifests", file))
		var object struct {
			Kind     string
			Metadata struct{ Name string }
		}
		want := "vllm"
		if kind == "Namespace" {
			want = "inference"
		}
		if err != nil || yaml.UnmarshalStrict(text, &map[string]any{}) != nil || yaml.Unmarshal(text, &object) != nil || object.Kind != kind || object.Metadata.Name != want {
			t.Errorf("%s: %v, it is the %s %s, want the %s %s", file, err, object.Kind, object.Metadata.Name, kind, want)
		}
	}
	for _, pattern := range []string{"../../manifests/hpa.yaml", "../../manifests/*.yml", "../../manifests/*.json", "../../manifests/kustomization.yaml"} {
		if found, err := filepath.Glob(pattern); err != nil || len(found) > 0 {
			t.Errorf("kubectl apply -f manifests/ would read %v", found)
		}
	}
}

// TestOutput checks the stream of documents, and that the command reports what it writes.
func TestOutput(t *testing.T) {
	out, messages, err := execute(mistral)
	if err != nil || strings.Count(out, "---\n") != 13 || strings.Count(out, "\nkind: ") != 14 || strings.Contains(out, "# Rendered") {
		t.Errorf("%v: %d documents\n%.300s", err, strings.Count(out, "---\n")+1, out)
	}
	if strings.Contains(messages, "kind:") {
		t.Errorf("the messages are %q", messages)
	}
	folder := t.TempDir()
	for i, want := range []string{"wrote " + folder + "/deployment.yaml\n", folder + " is current: 7 files\n"} {
		out, _, err := execute("--model", "vllm", "--out", folder, mistral)
		if err != nil || !strings.Contains(out, want) || i == 1 && out != want {
			t.Errorf("run %d: %v\n%s\nwant %s", i, err, out, want)
		}
	}
	if err := os.Remove(filepath.Join(folder, "pdb.yaml")); err != nil {
		t.Fatal(err)
	}
	out, _, err = execute("--model", "vllm", "--out", folder, "--check", mistral)
	if want := folder + "/pdb.yaml is missing\n"; !errors.Is(err, errDiffers) || out != want {
		t.Errorf("%v\n%s\nwant %s", err, out, want)
	}
	if _, err := os.Stat(filepath.Join(folder, "pdb.yaml")); err == nil {
		t.Error("--check wrote the file")
	}
}

// TestHelmValues checks that the values are those of one model.
func TestHelmValues(t *testing.T) {
	if _, _, err := execute("--helm-values", "../../Pulumi.prod.yaml"); err == nil || !strings.HasPrefix(err.Error(), "--helm-values: writes one file for each model") {
		t.Errorf("the values of two models: %v", err)
	}
	out, _, err := execute("--helm-values", "--model", "llama-70b", "../../Pulumi.prod.yaml")
	var values struct {
		Name      string
		Args      []string
		Resources struct{ Limits map[string]string }
	}
	if err := errors.Join(err, yaml.Unmarshal([]byte(out), &values)); err != nil {
		t.Fatal(err)
	}
	if values.Name != "llama-70b" || values.Args[0] != "meta-llama/Llama-3.3-70B-Instruct" || values.Resources.Limits["nvidia.com/gpu"] != "8" {
		t.Errorf("the values are %+v", values)
	}
	folder := t.TempDir()
	if _, _, err := execute("--helm-values", "--out", folder, "../../Pulumi.prod.yaml"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mistral-7b-values.yaml", "llama-70b-values.yaml"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
}

// TestWarnings checks that the warnings of a preview are messages.
func TestWarnings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "Pulumi.a.yaml")
	text := "config:\n  vllm-eks:cluster: {existing: {context: any}}\n  vllm-eks:models: [{name: a, model: org/unknown, gpu: {count: 1}, resources: {disk: 60Gi}}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, messages, err := execute(file)
	if err != nil || strings.Contains(out, "warning") || !strings.Contains(messages, "warning: ") {
		t.Errorf("%v, the messages are %q", err, messages)
	}
}

// TestDocumentedCommands runs the commands of the page on GitOps, in the folder of the project.
func TestDocumentedCommands(t *testing.T) {
	page, err := os.ReadFile("../../docs/gitops.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	count := 0
	for _, block := range commands.Blocks(string(page)) {
		list, err := block.Commands()
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range list {
			arguments, found := strings.CutPrefix(command, "go run ./cmd/render ")
			if !found {
				continue
			}
			count++
			folder := t.TempDir()
			out, _, err := execute(strings.Fields(strings.ReplaceAll(arguments, "gitops/", folder+"/"))...)
			if err != nil || !strings.Contains(out, "wrote "+folder+"/") {
				t.Errorf("%s: %v\n%.300s", command, err, out)
			}
		}
	}
	if count < 3 {
		t.Errorf("the page has %d commands", count)
	}
}

// TestFlags checks that every problem of the flags is reported at once.
func TestFlags(t *testing.T) {
	_, _, err := execute("--check", "--secrets", "external", "--alternatives", "--helm-values", "none.yaml")
	for _, want := range []string{"--check: needs the folder", "--secret-store: is missing", "--helm-values: writes no ExternalSecret", "--alternatives: needs a folder", "--alternatives: cannot be combined with --helm-values"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	if _, _, err := execute(); err == nil || !strings.Contains(err.Error(), "accepts 1 arg(s)") {
		t.Errorf("without a file: %v", err)
	}
}
