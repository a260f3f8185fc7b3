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

// goMod returns the go.mod of a module of this checkout.
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

// shared are libraries that most packages import. Each must have one version in all modules,
// because each further version compiles its importers again.
var shared = []string{
	"github.com/go-openapi/", "go.opentelemetry.io/otel", "golang.org/x/", "google.golang.org/genproto/googleapis/",
	"google.golang.org/grpc", "google.golang.org/protobuf", "k8s.io/", "sigs.k8s.io/json", "sigs.k8s.io/structured-merge-diff/v6",
}

// elsewhere are the exceptions with another version, by folder, with the reason.
var elsewhere = map[string]map[string]string{
	"local": {
		"k8s.io/cli-runtime": "netpol-analyzer requires it, and uses nothing that changed",
	},
	"local/controllers/prometheus": {
		"github.com/go-openapi/runtime": "only amtool imports it, which tests build",
	},
	"local/conformance/kubescore": {
		"k8s.io/api":          "kube-score does not build beside a newer one",
		"k8s.io/apimachinery": "kube-score does not build beside a newer one",
	},
}

// TestModulesShareVersions holds that an update of one module updates the others too. Otherwise
// the first build compiles Kubernetes' libraries twice.
func TestModulesShareVersions(t *testing.T) {
	found := map[string]map[string][]string{} // module, version, folders
	for _, folder := range modules(t) {
		// The required version counts, not its replacement, because the build cache uses it.
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
			t.Errorf("%s has several versions: %v", path, found[path])
		}
	}
}

// modules returns the folders of the modules whose packages make up and make test compile.
func modules(t *testing.T) []string {
	t.Helper()
	folders := []string{".", "local", "local/kube/dist", "local/pulumi", "local/pulumi/kubernetes", "local/pulumi/yaml", "provider", "local/conformance/helm", "local/conformance/kubescore"}
	for _, c := range controllerPrograms(controllers) {
		folders = append(folders, c.folder)
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}
