package stack

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/vllm-eks/vllm-eks/"

// listed holds a package as go list prints it.
type listed struct {
	ImportPath    string
	Imports, Deps []string
}

// TestDependenciesPointOneWay checks the direction of the dependencies that
// docs/architecture.md states, for direct and indirect imports.
func TestDependenciesPointOneWay(t *testing.T) {
	const pulumi, aws, eks = "github.com/pulumi/", "github.com/pulumi/pulumi-aws/", "github.com/pulumi/pulumi-eks/"
	rules := []struct {
		folder string
		// refused lists the prefixes of paths that no package of the folder may import;
		// but lists the exceptions.
		refused, but []string
	}{
		{"sizing", []string{pulumi, module + "spec/", module + "components/", module + "config"}, nil},
		{"spec/", []string{pulumi, module + "components/", module + "config", module + "stack"}, nil},
		{"components/serving/manifest", []string{pulumi, module + "config", module + "stack"}, nil},
		{"components/", []string{module + "config", module + "stack"}, nil},
		{"components/serving", []string{aws, eks}, nil},
		{"config", []string{aws, eks, module + "components/", module + "stack"}, []string{module + "components/serving/manifest"}},
		{"examples/", []string{eks, module + "config", module + "stack"}, nil},
		{"stack", []string{module + "internal/stacktest"}, nil},
	}
	packages := packagesOf(t)
	for _, rule := range rules {
		t.Run(strings.ReplaceAll(strings.Trim(rule.folder, "/"), "/", "_"), func(t *testing.T) {
			found := false
			for _, p := range packages {
				if !strings.HasPrefix(strings.TrimPrefix(p.ImportPath, module), rule.folder) {
					continue
				}
				found = true
				for _, dep := range p.Deps {
					refused := slices.ContainsFunc(rule.refused, func(prefix string) bool { return strings.HasPrefix(dep, prefix) })
					if refused && !slices.Contains(rule.but, dep) {
						t.Errorf("%s compiles %s", p.ImportPath, dep)
					}
				}
			}
			if !found {
				t.Errorf("no package is in %s", rule.folder)
			}
		})
	}
}

// TestExamplesCompileNoAWS checks the examples of models: only the one of an AWS account
// compiles an SDK of AWS.
func TestExamplesCompileNoAWS(t *testing.T) {
	for _, p := range packagesOf(t) {
		name, isExample := strings.CutPrefix(p.ImportPath, module+"examples/")
		compiles := slices.ContainsFunc(p.Deps, func(dep string) bool { return strings.HasPrefix(dep, "github.com/pulumi/pulumi-aws/") })
		if isExample && compiles != (name == "bootstrap-aws") {
			t.Errorf("%s compiles an SDK of AWS: %t", p.ImportPath, compiles)
		}
	}
}

// TestComponentsDoNotImportEachOther checks that a component imports no package of another
// component.
func TestComponentsDoNotImportEachOther(t *testing.T) {
	for _, p := range packagesOf(t) {
		rest, isComponent := strings.CutPrefix(p.ImportPath, module+"components/")
		if !isComponent {
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		for _, dep := range p.Deps {
			if imported, ok := strings.CutPrefix(dep, module+"components/"); ok && imported != name && !strings.HasPrefix(imported, name+"/") {
				t.Errorf("%s compiles %s", p.ImportPath, dep)
			}
		}
	}
}

// TestTheDiagramRegistersThroughComponents checks that the diagram's package registers no
// resources itself.
func TestTheDiagramRegistersThroughComponents(t *testing.T) {
	for _, p := range packagesOf(t) {
		for _, imported := range p.Imports {
			if p.ImportPath == module+"stack" && strings.HasPrefix(imported, "github.com/pulumi/pulumi-") {
				t.Errorf("package stack imports %s; resources belong in components", imported)
			}
		}
	}
}

// packagesOf returns every package of the module.
func packagesOf(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages
		case err != nil:
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
