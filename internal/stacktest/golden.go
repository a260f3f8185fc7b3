package stacktest

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Update rewrites the golden files.
var Update = flag.Bool("update", false, "rewrite the golden files")

// Golden compares what a program registers with a file. The program is given a
// value for every key of its configuration that the examples ask for.
func Golden(t *testing.T, path string, program pulumi.RunFunc) {
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
	Compare(t, path, r)
}

// Compare compares a recording with a file, or with -update writes it.
func Compare(t *testing.T, path string, r *Recording) {
	t.Helper()
	got, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if *Update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("something else is registered than %s says; see the difference with: go test ./... -update && git diff", path)
	}
}
