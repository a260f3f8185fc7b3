package stacktest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func service(name, port string) Resource {
	return Resource{Type: "kubernetes:core/v1:Service", Name: name, Inputs: map[string]any{"port": port}}
}

// writeGolden writes the golden files of resources into a folder of the test.
func writeGolden(t *testing.T, resources ...Resource) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "golden")
	updateGolden(t, folder, resources...)
	return folder
}

func updateGolden(t *testing.T, folder string, resources ...Resource) {
	t.Helper()
	files, err := goldenFiles(resources)
	if err != nil {
		t.Fatal(err)
	}
	if err := rewrite(folder, files, "*.json"); err != nil {
		t.Fatal(err)
	}
}

// problemsOf compares resources with the golden files of a folder.
func problemsOf(t *testing.T, folder string, resources ...Resource) []string {
	t.Helper()
	files, err := goldenFiles(resources)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := compareFiles(folder, files, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func fileNames(t *testing.T, folder string) []string {
	t.Helper()
	names, err := matching(folder, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestGoldenFilesReportChanges checks that every change of a recording is reported by
// file, with the changed lines.
func TestGoldenFilesReportChanges(t *testing.T) {
	namespace := Resource{Type: "kubernetes:core/v1:Namespace", Name: "chat"}
	tests := []struct {
		name   string
		now    []Resource
		file   string
		phrase string
		lines  []string
	}{
		{"a changed value", []Resource{namespace, service("a", "81")}, "kubernetes_core_v1_Service.json", "differs", []string{`-      "port": "80"`, `+      "port": "81"`}},
		{"a resource of a known kind", []Resource{namespace, service("a", "80"), service("b", "80")}, "kubernetes_core_v1_Service.json", "differs", []string{`+    "name": "b",`}},
		{"a resource of a new kind", []Resource{namespace, service("a", "80"), {Type: "aws:eks/cluster:Cluster", Name: "c"}}, "aws_eks_Cluster.json", "is missing", []string{`+    "name": "c"`}},
		{"a kind that is gone", []Resource{service("a", "80")}, "kubernetes_core_v1_Namespace.json", "is superfluous", []string{`-    "name": "chat"`}},
	}
	folder := writeGolden(t, namespace, service("a", "80"))
	if problems := problemsOf(t, folder, namespace, service("a", "80")); len(problems) > 0 {
		t.Fatalf("the same resources: %q", problems)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			problems := problemsOf(t, folder, test.now...)
			if len(problems) != 1 || !strings.HasPrefix(problems[0], filepath.Join(folder, test.file)+" "+test.phrase) {
				t.Fatalf("%q, want one problem: %s %s", problems, test.file, test.phrase)
			}
			for _, line := range test.lines {
				if !strings.Contains(problems[0], "\n"+line+"\n") {
					t.Errorf("the diff has no line %q:\n%s", line, problems[0])
				}
			}
		})
	}
}

// TestUpdateRemovesStaleGoldenFiles checks that -update removes only old golden files,
// and keeps all other files of the folder.
func TestUpdateRemovesStaleGoldenFiles(t *testing.T) {
	folder := writeGolden(t, service("a", "80"), Resource{Type: "kubernetes:core/v1:Namespace", Name: "chat"})
	other := filepath.Join(folder, "sizing.txt")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	updateGolden(t, folder, service("a", "81"))
	if got, want := fileNames(t, folder), []string{"kubernetes_core_v1_Service.json"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if problems := problemsOf(t, folder, service("a", "81")); len(problems) > 0 {
		t.Errorf("after an update: %q", problems)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

// TestLargeKindsHaveFilePerResource checks that no golden file with several
// resources exceeds kindLimit bytes, and that ReadFolder returns the resources.
func TestLargeKindsHaveFilePerResource(t *testing.T) {
	var resources []Resource
	for i := range 3 {
		resources = append(resources, service(fmt.Sprintf("model:%d", i), strings.Repeat("8", kindLimit/2)))
	}
	folder := writeGolden(t, resources...)
	if got, want := fileNames(t, folder), []string{"kubernetes_core_v1_Service.model_0.json", "kubernetes_core_v1_Service.model_1.json", "kubernetes_core_v1_Service.model_2.json"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got, err := ReadFolder(folder)
	if err != nil || !reflect.DeepEqual(got, resources) {
		t.Errorf("%d resources are read, want %d (%v)", len(got), len(resources), err)
	}
	if _, err := ReadFolder(t.TempDir()); err == nil {
		t.Error("a folder without golden files is read")
	}
}

// TestDiffsAreLimited checks that a failure shows at most diffLimit lines of a file.
func TestDiffsAreLimited(t *testing.T) {
	changes := unified("golden.txt", nil, []byte(strings.Repeat("line\n", 2*diffLimit)))
	lines := strings.Split(strings.TrimSuffix(changes, "\n"), "\n")
	if len(lines) != diffLimit+1 || !strings.HasSuffix(lines[diffLimit], "lines more") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// TestGoldenFolders finds the folders of this checkout.
func TestGoldenFolders(t *testing.T) {
	folders, err := GoldenFolders("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"stack/testdata/prod", "stack/testdata/everything-aws", "examples/lora/objects"} {
		if !slices.Contains(folders, filepath.Join("../..", want)) {
			t.Errorf("%q does not contain %s", folders, want)
		}
	}
	if _, err := GoldenFolders(t.TempDir()); err == nil {
		t.Error("a folder without golden files has some")
	}
}
