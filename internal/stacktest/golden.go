package stacktest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Update rewrites the golden files.
var Update = flag.Bool("update", false, "rewrite the golden files")

// Golden compares the resources that a program registers with the golden files of a
// folder. The program gets a value for every configuration key that the examples read.
func Golden(t *testing.T, folder string, program pulumi.RunFunc) {
	t.Helper()
	if err := Isolate(); err != nil {
		t.Fatal(err)
	}
	c := Config{Values: map[string]string{
		Project + ":context": "my-cluster", Project + ":apiKey": "sk-canary", Project + ":huggingFaceToken": "hf_canary",
	}, Secret: []string{Project + ":apiKey", Project + ":huggingFaceToken"}}
	r, err := Record("example", program, c.Option)
	if err != nil {
		t.Fatal(err)
	}
	CompareFolder(t, folder, r)
}

// CompareFolder compares a recording with the golden files of a folder: one for each
// kind of resource, or one for each resource if a file of the kind would be large.
// Every *.json of the folder belongs to the recording. With -update, it rewrites the
// files, and removes files of kinds that are no longer registered.
func CompareFolder(t *testing.T, folder string, r *Recording) {
	t.Helper()
	files, err := goldenFiles(r.Resources())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, folder, files, "*.json")
}

// Compare compares a recording with one golden file. With -update, it rewrites the
// file.
func Compare(t *testing.T, path string, r *Recording) {
	t.Helper()
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	CompareText(t, path, text)
}

// CompareText compares a text with a golden file. With -update, it rewrites the file.
func CompareText(t *testing.T, path string, text []byte) {
	t.Helper()
	compare(t, filepath.Dir(path), map[string][]byte{filepath.Base(path): text}, "")
}

// compare reports every file that differs. A file of the folder is superfluous if it
// matches pattern and is not among files.
func compare(t *testing.T, folder string, files map[string][]byte, pattern string) {
	t.Helper()
	if *Update {
		if err := rewrite(folder, files, pattern); err != nil {
			t.Fatal(err)
		}
	}
	problems, err := compareFiles(folder, files, pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
	if len(problems) > 0 {
		t.Log("if the change is intended, run the tests of this package with -update")
	}
}

// rewrite writes the golden files of a folder, and removes superfluous files.
func rewrite(folder string, files map[string][]byte, pattern string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	old, err := matching(folder, pattern)
	if err != nil {
		return err
	}
	for _, name := range old {
		if _, ok := files[name]; !ok {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
