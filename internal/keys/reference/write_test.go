package reference

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWriteRemovesOldPages(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "reference")
	if err := Write(folder, map[string]string{"a.md": generated, "b.md": generated}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "notes.md"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(folder, map[string]string{"a.md": generated + "2"}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, []string{"a.md", "notes.md"}) {
		t.Errorf("the folder has %q", names)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "a.md")); err != nil || string(text) != generated+"2" {
		t.Errorf("a.md is %q, %v", text, err)
	}
}
