package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// goMod is the go.mod of one of the checkout's modules.
func goMod(t *testing.T, folder string) *modfile.File {
	t.Helper()
	path := filepath.Join("../..", folder, "go.mod")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse(path, content, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// shared are the libraries that most of what is compiled imports: each is to be
// of one version in all modules, or what imports it is compiled once a version.
var shared = []string{
	"github.com/go-openapi/", "go.opentelemetry.io/otel", "golang.org/x/", "google.golang.org/genproto/googleapis/",
	"google.golang.org/grpc", "google.golang.org/protobuf", "k8s.io/", "sigs.k8s.io/json", "sigs.k8s.io/structured-merge-diff/v6",
}

// elsewhere are those of another version, by folder, and why.
var elsewhere = map[string]map[string]string{
	"local": {
		"k8s.io/cli-runtime": "of netpol-analyzer, which uses none of what changed",
	},
	"local/conformance/kubescore": {
		"k8s.io/api":          "kube-score does not build beside a newer one",
		"k8s.io/apimachinery": "kube-score does not build beside a newer one",
	},
}

// TestModulesShareVersions fails where an update of one module leaves the others
// behind: the first build then compiles Kubernetes' libraries again.
func TestModulesShareVersions(t *testing.T) {
	found := map[string]map[string][]string{} // module, version, folders
	for _, folder := range modules(t) {
		// What is required counts, not what replaces it: the build cache goes by that.
		for _, r := range goMod(t, folder).Require {
			path, version := r.Mod.Path, r.Mod.Version
			isShared := func(prefix string) bool { return strings.HasPrefix(path, prefix) }
			if !slices.ContainsFunc(shared, isShared) || elsewhere[folder][path] != "" {
				continue
			}
			if found[path] == nil {
				found[path] = map[string][]string{}
			}
			found[path][version] = append(found[path][version], folder)
		}
	}
	if len(found["k8s.io/client-go"]) == 0 {
		t.Fatal("no module has k8s.io/client-go")
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if len(found[path]) > 1 {
			t.Errorf("%s is of several versions: %v", path, found[path])
		}
	}
}

// modules are the folders of those whose packages make up and make test compile.
func modules(t *testing.T) []string {
	t.Helper()
	folders := []string{".", "local", "local/kube/dist", "local/pulumi", "local/pulumi/kubernetes", "local/pulumi/yaml", "provider", "local/conformance/helm", "local/conformance/kubescore"}
	for _, c := range controllerPrograms() {
		folders = append(folders, c.folder)
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}
