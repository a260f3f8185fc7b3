package stack

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const architecturePage = "../docs/architecture.md"

// architectureRows returns the paths in the first column of the page's table. One
// that ends with a slash stands for every folder below it.
func architectureRows(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(architecturePage)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(string(text), -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			paths = append(paths, withoutBraces(name[1])...)
		}
	}
	return paths
}

// withoutBraces expands braces: the paths of a{b,c}d are abd and acd.
func withoutBraces(name string) []string {
	before, rest, found := strings.Cut(name, "{")
	names, after, closed := strings.Cut(rest, "}")
	if !found || !closed {
		return []string{name}
	}
	var paths []string
	for alternative := range strings.SplitSeq(names, ",") {
		paths = append(paths, before+alternative+after)
	}
	return paths
}

// packageFolders returns the folders of the root module with Go files, and the folders
// of local, which is another module.
func packageFolders(t *testing.T) []string {
	t.Helper()
	var folders []string
	err := fs.WalkDir(os.DirFS(".."), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path.Dir(file) == "local":
			folders = append(folders, file)
			return fs.SkipDir
		case entry.IsDir() && (entry.Name() == "testdata" || len(entry.Name()) > 1 && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case strings.HasSuffix(file, ".go") && path.Dir(file) != ".":
			folders = append(folders, path.Dir(file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// TestArchitecturePageNamesEveryPackage compares the table of the page with the
// tree, in both directions.
func TestArchitecturePageNamesEveryPackage(t *testing.T) {
	rows, folders := architectureRows(t), packageFolders(t)
	for _, want := range []string{"stack", "components/serving", "local/e2e"} {
		if !slices.Contains(folders, want) {
			t.Fatalf("the packages %q lack %s: this test compares nothing", folders, want)
		}
	}
	for _, folder := range folders {
		isNamed := func(row string) bool {
			return row == folder || strings.HasSuffix(row, "/") && strings.HasPrefix(folder, row)
		}
		if !slices.ContainsFunc(rows, isNamed) {
			t.Errorf("docs/architecture.md has no row for %s; add one that says what it holds", folder)
		}
	}
	for i, row := range rows {
		if slices.Contains(rows[:i], row) {
			t.Errorf("docs/architecture.md has two rows for %s; keep one", row)
		}
		if _, err := os.Stat(filepath.Join("..", row)); err != nil {
			t.Errorf("docs/architecture.md has a row for %s, which does not exist; remove or rename it", row)
		}
	}
}
