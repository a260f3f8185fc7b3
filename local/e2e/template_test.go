//go:build engine || cluster

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newProject creates a project from the template, as a user does, and lets it use this
// checkout in place of the release, which need not be published yet.
func newProject(t *testing.T, environment []string, folder, name string) {
	t.Helper()
	root := checkout(t).Root
	for _, args := range [][]string{
		{"pulumi", "new", filepath.Join(root, "template"), "--generate-only", "--yes", "--name=" + name, "--dir=" + folder},
		{"go", "mod", "edit", "-replace=github.com/vllm-eks/vllm-eks=" + root},
	} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if out, err := inProject(t, environment, folder, args...); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// inProject runs a program in a project.
func inProject(t *testing.T, environment []string, folder string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), languagePatience) // also during the test's cleanup
	defer cancel()
	cmd := exec.CommandContext(ctx, lookPath(args[0], environment), args[1:]...)
	cmd.Dir, cmd.Env = folder, environment
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// write writes a file of a project.
func writeIn(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readIn returns a file of a project.
func readIn(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// modules returns the modules that a go.mod requires, with their versions.
func modules(t *testing.T, environment []string, folder string) map[string]string {
	t.Helper()
	out, err := inProject(t, environment, folder, "go", "mod", "edit", "-json")
	if err != nil {
		t.Fatal(err, out)
	}
	var file struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal([]byte(out), &file); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, r := range file.Require {
		found[r.Path] = r.Version
	}
	return found
}
