package stack

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
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

// withoutBraces returns the paths of a{b,c}d: abd and acd.
func withoutBraces(name string) []string {
	before, rest, found := strings.Cut(name, "{")
	names, after, closed := strings.Cut(rest, "}")
	if !found || !closed {
		return []string{name}
	}
	var paths []string
	for one := range strings.SplitSeq(names, ",") {
		paths = append(paths, before+one+after)
	}
	return paths
}

// packageFolders returns the folders of the root module that hold Go files, and
// the folders of local, which is a module of its own.
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
	for _, row := range rows {
		if _, err := os.Stat(filepath.Join("..", row)); err != nil {
			t.Errorf("docs/architecture.md has a row for %s, which does not exist; remove or rename it", row)
		}
	}
}

// TestTheDiagramOnlyCallsComponents keeps stack.go short and free of resources:
// it only calls one component after the other.
func TestTheDiagramOnlyCallsComponents(t *testing.T) {
	text, err := os.ReadFile("stack.go")
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(text, []byte("\n")); lines > 80 {
		t.Errorf("stack.go has %d lines, want at most 80", lines)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "stack.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, imported := range file.Imports {
		if strings.Contains(imported.Path.Value, "/pulumi-") {
			t.Errorf("stack.go imports %s; resources belong in components", imported.Path.Value)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(f.Sel.Name, "Register") {
				t.Errorf("stack.go calls %s; resources belong in components", f.Sel.Name)
			}
		}
		return true
	})
}

// TestDependenciesPointOneWay holds the direction of the diagram's arrows.
func TestDependenciesPointOneWay(t *testing.T) {
	const module = "github.com/vllm-eks/vllm-eks/"
	folders, err := filepath.Glob("../components/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no components found: %v", err)
	}
	for _, folder := range folders {
		component := strings.TrimPrefix(filepath.ToSlash(folder), "../")
		deps := dependencies(t, folder)
		for _, dep := range deps {
			ours, isOurs := strings.CutPrefix(dep, module)
			if isOurs && (strings.HasPrefix(ours, "components/") && ours != component || ours == "config") {
				t.Errorf("%s imports %s; components know neither each other nor the configuration", component, ours)
			}
			if component == "components/serving" && (strings.Contains(dep, "/pulumi-aws/") || strings.Contains(dep, "/pulumi-eks/")) {
				t.Errorf("%s imports %s; it has to work on any cluster", component, dep)
			}
		}
	}
	for _, dep := range dependencies(t, "..") {
		if dep == module+"internal/stacktest" {
			t.Error("the program imports the tests' recorder")
		}
	}
}

func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", pkg).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "github.com/pulumi/pulumi/sdk/v3/go/pulumi") {
		t.Fatalf("go list -deps %s lists no dependencies", pkg)
	}
	return deps
}
