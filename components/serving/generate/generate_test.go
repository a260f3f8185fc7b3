package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedFilesAreCurrent checks that the generated files follow the declarations.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	files, err := generate(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	existing, err := filepath.Glob(filepath.Join("..", "*_generated.go"))
	if err != nil || len(existing) != len(files) {
		t.Errorf("there are %d generated files, want %d: %v", len(existing), len(files), err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is stale; run: go generate ./components/serving", name)
		}
		if lines := strings.Count(string(want), "\n"); lines > 350 {
			t.Errorf("%s has %d lines, want at most 350; give its structs files of their own", name, lines)
		}
	}
}
