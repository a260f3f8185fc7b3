package scaffold

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const root = "../.."

func current(t *testing.T, files map[string]string) {
	t.Helper()
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(root, Folder, path))
		if err != nil || string(got) != want {
			t.Errorf("template/%s is stale; run: go generate ./internal/scaffold (%v)", path, err)
		}
	}
}

func TestTemplateIsCurrent(t *testing.T) {
	files, err := Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.local.yaml", versionFile, ".github/workflows/preview.yml"} {
		if files[path] == "" {
			t.Errorf("%s is not derived", path)
		}
	}
	current(t, files)
}

// TestModuleIsCurrent runs go mod tidy, as a project does.
func TestModuleIsCurrent(t *testing.T) {
	files, err := Module(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	release, err := Release(root)
	if err != nil {
		t.Fatal(err)
	}
	if want := "v" + versions.Release; release != want {
		t.Errorf("the newest release in CHANGELOG.md is %s, and versions.Release %s", release, want)
	}
	file := files["go.mod"]
	for _, want := range []string{"\nrequire github.com/vllm-eks/vllm-eks " + release + "\n", "\ntool github.com/vllm-eks/vllm-eks/cmd/explain\n"} {
		if !strings.Contains(file, want) {
			t.Errorf("go.mod has no %q", want)
		}
	}
	if strings.Contains(file, "replace") || strings.Contains(files["go.sum"], module+" ") {
		t.Error("go.mod or go.sum has this checkout instead of the release")
	}
	current(t, files)
}

// TestStackFilesNameNothingOfTheRepository holds that a project refers to no file and no name
// that only the repository has.
func TestStackFilesNameNothingOfTheRepository(t *testing.T) {
	files, err := Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range files {
		if !strings.HasPrefix(path, "Pulumi.") {
			continue
		}
		for _, line := range strings.Split(text, "\n") {
			alone := regexp.MustCompile(`https://\S+`).ReplaceAllString(line, "")
			for _, never := range []string{"docs/", "vllm-eks-dev", "vllm-eks-prod", "encryptionsalt"} {
				if strings.Contains(alone, never) {
					t.Errorf("%s: %s", path, line)
				}
			}
		}
	}
}

// TestPlaceholdersEndTheirLine holds the rule of pulumi new for files that end in .yaml, and
// that no expression of GitHub is one of its placeholders.
func TestPlaceholdersEndTheirLine(t *testing.T) {
	placeholder := regexp.MustCompile(`\$\{(PROJECT|DESCRIPTION)\}(.*)`)
	err := eachFile(filepath.Join(root, Folder), func(path, text string) {
		for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
			if strings.HasSuffix(path, ".yaml") && found[2] != "" {
				t.Errorf("%s: %q follows a placeholder", path, found[2])
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryActionIsPinned holds that an action is a commit, with its version as a comment.
func TestEveryActionIsPinned(t *testing.T) {
	uses, found := regexp.MustCompile(`(?m)uses: .*$`), 0
	err := eachFile(filepath.Join(root, Folder, ".github", "workflows"), func(path, text string) {
		for _, use := range uses.FindAllString(text, -1) {
			found++
			if !action.MatchString(use+"\n") && !strings.HasPrefix(use, "uses: ./.github/workflows/") {
				t.Errorf("%s: %s is not pinned by its commit", path, use)
			}
		}
	})
	if err != nil || found < 15 {
		t.Errorf("%d actions, %v", found, err)
	}
}

func TestProblemsOfTheRepository(t *testing.T) {
	if _, err := stackFile("Pulumi.dev.yaml", "# $schema=docs/x\n", "v1.0.0"); err == nil || !strings.Contains(err.Error(), "Pulumi.dev.yaml: has not exactly one") {
		t.Errorf("a stack without a changed line: %v", err)
	}
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "CHANGELOG.md"), []byte("# Changelog\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Files(empty); err == nil || !strings.Contains(err.Error(), "CHANGELOG.md: has no heading of a release") {
		t.Errorf("a changelog without a release: %v", err)
	}
	if got, err := requirement(root, "github.com/nobody/nothing"); err == nil {
		t.Errorf("the version of a module that is not required: %q", got)
	}
}
