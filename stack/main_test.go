package stack

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// stacks are the stacks whose files are in the tree.
var stacks = []string{"local", "dev", "prod"}

// today is the day on which the tests run the program, so that what ends one day
// does not end in a test.
var today = time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC)

// record runs the whole program on a configuration.
func record(stack string, c stacktest.Config) (*stacktest.Recording, error) {
	return recordIn(nil, stack, c)
}

// recordIn is record in an account.
func recordIn(in *stacktest.Account, stack string, c stacktest.Config) (*stacktest.Recording, error) {
	source := config.Source{Now: today}
	program := func(ctx *pulumi.Context) error { return deploy(ctx, &source) }
	return stacktest.RecordIn(in, stack, program, c.Option, source.Capture)
}

// mustRecord is record for a configuration that is valid.
func mustRecord(t testing.TB, stack string, c stacktest.Config) *stacktest.Recording {
	t.Helper()
	r, err := record(stack, c)
	if err != nil {
		t.Fatalf("the program refused the configuration: %v", err)
	}
	return r
}

// mustRecordIn is mustRecord in an account.
func mustRecordIn(t testing.TB, in *stacktest.Account, stack string, c stacktest.Config) *stacktest.Recording {
	t.Helper()
	r, err := recordIn(in, stack, c)
	if err != nil {
		t.Fatalf("the program refused the configuration: %v", err)
	}
	return r
}

// inEveryZone is an account in us-east-1.
func inEveryZone() *stacktest.Account {
	account := stacktest.SimulatedAccount()
	account.Zones = map[string]string{
		"us-east-1a": "use1-az1", "us-east-1b": "use1-az2", "us-east-1c": "use1-az3", "us-east-1d": "use1-az4", "us-east-1e": "use1-az5", "us-east-1f": "use1-az6",
	}
	return account
}

// everythingOnAWS is the stack that uses every key of the platform.
func everythingOnAWS(t testing.TB) stacktest.Config {
	t.Helper()
	c, err := stacktest.ReadConfig("testdata/everything-aws.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustParse(t testing.TB, yaml string) stacktest.Config {
	t.Helper()
	c, err := stacktest.ParseConfig(yaml)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func stackFile(t *testing.T, stack string) stacktest.Config {
	t.Helper()
	c, err := stacktest.ReadConfig("../Pulumi." + stack + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func asJSON(t *testing.T, r *stacktest.Recording) []byte {
	t.Helper()
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestGoldens pins every resource of every stack in the tree, and of one that
// uses every key.
func TestGoldens(t *testing.T) {
	for stack, recording := range recordings(t) {
		t.Run(stack, func(t *testing.T) {
			stacktest.CompareFolder(t, filepath.Join("testdata", stack), recording)
		})
	}
}

// TestStackFilesAreCommented holds every line of a stack's file to saying
// something that needs no manual.
func TestStackFilesAreCommented(t *testing.T) {
	for _, stack := range stacks {
		text, err := os.ReadFile("../Pulumi." + stack + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			if !strings.HasPrefix(line, "  vllm-eks:") || strings.Contains(line, "#") {
				continue
			}
			if i == 0 || !strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#") {
				t.Errorf("Pulumi.%s.yaml:%d: the key has no comment above or beside it", stack, i+1)
			}
		}
	}
}

// TestTheDiagramOnlyCallsComponents keeps stack.go short and free of resources: it only calls
// one component after the other.
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
	boxes, err := filepath.Glob("../components/*")
	if err != nil || len(boxes) == 0 {
		t.Fatalf("no components found: %v", err)
	}
	for _, folder := range boxes {
		box := strings.TrimPrefix(filepath.ToSlash(folder), "../")
		deps := dependencies(t, folder)
		for _, dep := range deps {
			ours, isOurs := strings.CutPrefix(dep, module)
			if isOurs && (strings.HasPrefix(ours, "components/") && ours != box || ours == "config") {
				t.Errorf("%s imports %s; components know neither each other nor the configuration", box, ours)
			}
			if box == "components/serving" && (strings.Contains(dep, "/pulumi-aws/") || strings.Contains(dep, "/pulumi-eks/")) {
				t.Errorf("%s imports %s; it has to work on any cluster", box, dep)
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
