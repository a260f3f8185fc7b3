//go:build cluster

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTemplateOnTheCluster creates a project from the template, and deploys it to the embedded
// cluster with the two commands of its README.
func TestTemplateOnTheCluster(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	backend := filepath.Join(folder, "state")
	if err := os.Mkdir(backend, 0o700); err != nil {
		t.Fatal(err)
	}
	// Nobody is there to confirm.
	environment := append(os.Environ(), "PULUMI_BACKEND_URL=file://"+backend, "PULUMI_CONFIG_PASSPHRASE=test", "PULUMI_SKIP_CONFIRMATIONS=true")
	project := filepath.Join(folder, "llm")
	newProject(t, environment, project, "llm")
	run := func(words ...string) string {
		t.Helper()
		out, err := inProject(t, environment, project, words...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, out)
		}
		return out
	}
	documented := readmeCommands(t, readIn(t, project, "README.md"))
	if want := []string{"pulumi preview --stack local", "pulumi up --stack local"}; !slices.Equal(documented, want) {
		t.Fatalf("the README has the commands %q, want %q", documented, want)
	}
	run("pulumi", "stack", "init", "local")
	t.Cleanup(func() {
		if out, err := inProject(t, environment, project, "pulumi", "destroy", "--stack", "local"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	if out := run("bash", "-ec", documented[0]); !strings.Contains(out, "to create") {
		t.Errorf("the preview creates nothing:\n%s", out)
	}
	run("bash", "-ec", documented[1])
	if ready := kubectl(t, "--namespace=trial", "get", "deployment", "mistral-7b", "--output=jsonpath={.status.readyReplicas}"); ready != "1" {
		t.Errorf("ready replicas: %q, want 1", ready)
	}
	if again := run("bash", "-ec", documented[0]); strings.Contains(again, "to create") || strings.Contains(again, "to update") {
		t.Errorf("a second preview has changes:\n%s", again)
	}
}

// readmeCommands returns the commands of the first block of a README.
func readmeCommands(t *testing.T, text string) []string {
	t.Helper()
	_, block, found := strings.Cut(text, "```sh\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the README has no commands")
	}
	return strings.Split(strings.TrimSpace(block), "\n")
}
