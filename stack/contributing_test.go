package stack

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// contributingPage returns CONTRIBUTING.md.
func contributingPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestQuotedCodeIsTheCode compares each block of CONTRIBUTING.md that names a file with
// that file. It ignores indentation.
func TestQuotedCodeIsTheCode(t *testing.T) {
	plain := func(text string) string {
		lines := strings.Split(strings.Trim(text, "\n"), "\n")
		for i, line := range lines {
			lines[i] = strings.Join(strings.Fields(line), " ")
		}
		return "\n" + strings.Join(lines, "\n") + "\n"
	}
	blocks := regexp.MustCompile("(?ms)^ *```(?:go|tsv) (\\S+)\n(.*?)^ *```$").FindAllStringSubmatch(contributingPage(t), -1)
	if len(blocks) < 4 {
		t.Fatalf("CONTRIBUTING.md quotes %d files", len(blocks))
	}
	for _, block := range blocks {
		t.Run(block[1], func(t *testing.T) {
			code, err := os.ReadFile(filepath.Join("..", block[1]))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plain(string(code)), plain(block[2])) {
				t.Errorf("%s does not have\n%s", block[1], block[2])
			}
		})
	}
}

// TestPathsOfRecipesExist checks that every file and folder in CONTRIBUTING.md exists.
func TestPathsOfRecipesExist(t *testing.T) {
	page := contributingPage(t)
	var paths []string
	for _, link := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(link[1], "://") {
			paths = append(paths, filepath.Join("..", link[1]))
		}
	}
	for _, name := range regexp.MustCompile("`([a-z]+(?:/[A-Za-z0-9_.-]+)+)`").FindAllStringSubmatch(page, -1) {
		paths = append(paths, filepath.Join("..", name[1]))
	}
	if len(paths) < 10 {
		t.Fatalf("CONTRIBUTING.md names only %q", paths)
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("CONTRIBUTING.md names %s, which does not exist", strings.TrimPrefix(path, "../"))
		}
	}
}

// TestProjectFilesAreYAML checks that the project file of each example is valid YAML with
// the name of its folder.
func TestProjectFilesAreYAML(t *testing.T) {
	files, err := filepath.Glob("../examples/*/Pulumi.yaml")
	if err != nil || len(files) < 7 {
		t.Fatalf("found %q, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var project struct{ Name, Description string }
		if err := yaml.Unmarshal(text, &project); err != nil {
			t.Errorf("%s: %v", file, err)
		} else if project.Name != filepath.Base(filepath.Dir(file)) || project.Description == "" {
			t.Errorf("%s has the name %q and the description %q", file, project.Name, project.Description)
		}
	}
}
