package serving

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

// registering are the files that talk to Pulumi's engine. All others only build
// values, and the shape of objects is in the *_specs.go files alone.
var registering = []string{"namespaces.go", "register.go", "vllmservice.go"}

// TestShapesAreApartFromRegistration holds the line that lets everything be
// rendered and tested without an engine.
func TestShapesAreApartFromRegistration(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				pkg, _ := n.X.(*ast.Ident)
				if pkg != nil && pkg.Name == "pulumi" && n.Sel.Name == "Context" && !slices.Contains(registering, name) {
					t.Errorf("%s uses a pulumi.Context; registration is in %v", name, registering)
				}
			case *ast.CompositeLit:
				typ, _ := n.Type.(*ast.SelectorExpr)
				if typ == nil {
					return true
				}
				pkg, _ := typ.X.(*ast.Ident)
				if pkg != nil && strings.HasSuffix(pkg.Name, "v1") && !strings.HasSuffix(name, "_specs.go") {
					t.Errorf("%s builds a %s.%s; shapes are in *_specs.go", name, pkg.Name, typ.Sel.Name)
				}
			}
			return true
		})
	}
	for _, name := range files {
		if name != "spec.go" && !strings.HasPrefix(name, "spec_") {
			continue
		}
		spec, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		if len(spec.Imports) != 0 {
			t.Errorf("%s imports %s; a Spec is plain Go", name, spec.Imports[0].Path.Value)
		}
	}
}

// TestEngineAcceptsItsArguments reads what is rendered with vLLM's own table.
func TestEngineAcceptsItsArguments(t *testing.T) {
	two := 2
	specs := map[string]Spec{
		"least": {Name: "a", Namespace: "n", Model: Model{ID: "org/m"}},
		"most": {Name: "a", Namespace: "n", GPU: GPU{Count: 8}, Replicas: Replicas{Min: &two},
			Model:     Model{ID: "org/m", Revision: "v1", ServedName: "m", MaxLen: 4096, MaxNumSeqs: 32},
			ExtraArgs: []string{"--max-num-batched-tokens", "4096"}},
	}
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			spec = spec.WithDefaults()
			if err := spec.Validate("a"); err != nil {
				t.Fatal(err)
			}
			if _, err := vllmflags.Parse(engineArgs(spec)); err != nil {
				t.Errorf("vLLM refuses %q: %v", engineArgs(spec), err)
			}
		})
	}
}

// TestOwnedFlagsAreRendered keeps the list of flags that extra arguments may
// not repeat complete.
func TestOwnedFlagsAreRendered(t *testing.T) {
	spec := Spec{Name: "a", Namespace: "n", Model: Model{ID: "org/m", Revision: "v1", MaxLen: 4096, MaxNumSeqs: 8}}.WithDefaults()
	for _, arg := range engineArgs(spec) {
		if _, owned := ownedFlags[arg]; strings.HasPrefix(arg, "--") && !owned {
			t.Errorf("%s is rendered, but extra arguments may repeat it", arg)
		}
	}
}

func TestImage(t *testing.T) {
	tests := []struct {
		name string
		spec Spec
		want string
	}{
		{"default", Spec{}, "vllm/vllm-openai:v0.33.0"},
		{"version", Spec{VLLMVersion: "v0.33.1"}, "vllm/vllm-openai:v0.33.1"},
		{"own", Spec{VLLMVersion: "v0.33.1", Image: "example.com/vllm:a"}, "example.com/vllm:a"},
	}
	for _, test := range tests {
		if got := test.spec.WithDefaults().image(); got != test.want {
			t.Errorf("%s: the image is %s, want %s", test.name, got, test.want)
		}
	}
}
