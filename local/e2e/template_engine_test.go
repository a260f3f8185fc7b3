//go:build engine

package e2e

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTemplate creates a project with `pulumi new`: it has every file of the template, builds,
// and its own tests check the stacks.
func TestTemplate(t *testing.T) {
	t.Parallel()
	folder := accountFolder(t)
	environment := simulatedEnvironment(t, folder)
	project := filepath.Join(folder, "llm")
	newProject(t, environment, project, "llm")

	template := os.DirFS(filepath.Join(checkout(t).Root, "template"))
	var names []string
	err := fs.WalkDir(template, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		names = append(names, path)
		want, err := fs.ReadFile(template, path)
		if err != nil {
			return err
		}
		switch path { // pulumi new and newProject change these
		case "Pulumi.yaml", "go.mod":
			return nil
		}
		if got := readIn(t, project, path); got != strings.ReplaceAll(string(want), "${PROJECT}", "llm") {
			t.Errorf("%s differs from the template", path)
		}
		before, err := entry.Info()
		if err != nil {
			return err
		}
		after, err := os.Stat(filepath.Join(project, path))
		if err == nil && before.Mode().Perm()&0o100 != after.Mode().Perm()&0o100 {
			t.Errorf("%s has the mode %s, want that of the template, %s", path, after.Mode(), before.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".github/workflows/preview.yml", ".github/workflows/up.yml", ".github/workflows/drift.yml", ".github/workflows/destroy.yml", ".gitignore", "README.md", "ci/preview.sh"} {
		if !slices.Contains(names, want) {
			t.Errorf("the template has no %s", want)
		}
	}
	if file := readIn(t, project, "Pulumi.yaml"); !strings.Contains(file, "name: llm\n") || strings.Contains(file, "displayName") || strings.Contains(file, "${") {
		t.Errorf("Pulumi.yaml is\n%s", file)
	}
	if version := modules(t, environment, project)["github.com/vllm-eks/vllm-eks"]; version == "" {
		t.Error("go.mod does not require this module")
	}
	if out, err := inProject(t, environment, project, "ci/check.sh"); err != nil {
		t.Errorf("ci/check.sh: %v\n%s", err, out)
	}
	writeIn(t, project, "Pulumi.prod.yaml", strings.Replace(readIn(t, project, "Pulumi.prod.yaml"), "maxUsdPerHour: 30 ", "maxUsdPerHour: 3 ", 1))
	if out, err := inProject(t, environment, project, "ci/check.sh"); err == nil || !strings.Contains(out, "limits.maxUsdPerHour: ") {
		t.Errorf("ci/check.sh accepts a stack above its limit: %v\n%s", err, out)
	}
}

// TestTemplateWorkflowsPassTheirLinter runs the pinned actionlint in a project, where the
// workflows are those of the repository.
func TestTemplateWorkflowsPassTheirLinter(t *testing.T) {
	t.Parallel()
	root, folder := checkout(t).Root, t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(root, "template"))); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "init", "--quiet", folder).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(folder, ".github/workflows/*.yml"))
	if err != nil || len(files) < 5 {
		t.Fatalf("the workflows are %q, %v", files, err)
	}
	args := append([]string{"-C", filepath.Join(root, "local/lint/workflows"), "tool", "actionlint"}, files...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Errorf("actionlint: %v\n%s", err, out)
	}
	// It must notice something.
	writeIn(t, folder, ".github/workflows/up.yml", strings.Replace(readIn(t, folder, ".github/workflows/up.yml"), "matrix.stack", "matrix.stock", 1))
	if out, err := exec.Command("go", args...).CombinedOutput(); err == nil || !strings.Contains(string(out), "stock") {
		t.Errorf("actionlint accepts an unknown value: %v\n%s", err, out)
	}
}
