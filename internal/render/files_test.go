package render

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFolder checks that a folder gets exactly the rendered files, and keeps every other one.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	f := Folder{Path: dir, Owner: "Pulumi.a.yaml"}
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(act func(map[string][]byte) ([]Change, error), files string, want ...string) {
		t.Helper()
		texts := map[string][]byte{}
		for name := range strings.FieldsSeq(files) {
			name, text, _ := strings.Cut(name, "=")
			texts[name] = []byte(text + "\n")
		}
		changes, err := act(texts)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range changes {
			got = append(got, strings.ReplaceAll(c.Line(true), dir+"/", ""))
		}
		if !slices.Equal(got, want) {
			t.Errorf("the changes are %q, want %q", got, want)
		}
	}
	expect(f.Changes, "a.yaml=1", "wrote a.yaml")
	if _, err := os.Stat(dir); err == nil {
		t.Error("a check creates the folder")
	}
	expect(f.Write, "a.yaml=1 alternatives/b.yaml=1 c.yaml=1", "wrote a.yaml", "wrote alternatives/b.yaml", "wrote c.yaml")
	expect(f.Write, "a.yaml=1 alternatives/b.yaml=1 c.yaml=1")
	put("README.md", "mine")
	put("mine.yaml", "kind: Mine\n")
	put("other.yaml", "# Rendered by vllm-eks from Pulumi.b.yaml. Do not edit.\n")
	put("below/c.yaml", f.header())
	expect(f.Changes, "a.yaml=2 d.yaml=1", "changed a.yaml", "wrote d.yaml", "removed alternatives/b.yaml", "removed c.yaml")
	expect(f.Write, "a.yaml=2 d.yaml=1", "changed a.yaml", "wrote d.yaml", "removed alternatives/b.yaml", "removed c.yaml")
	expect(f.Write, "a.yaml=2 d.yaml=1")
	for name, want := range map[string]string{
		"a.yaml": "# Rendered by vllm-eks from Pulumi.a.yaml. Do not edit.\n2\n", "README.md": "mine", "mine.yaml": "kind: Mine\n",
		"other.yaml": "# Rendered by vllm-eks from Pulumi.b.yaml. Do not edit.\n", "below/c.yaml": f.header(),
	} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s is %q: %v", name, text, err)
		}
	}
	_, err := f.Write(map[string][]byte{"mine.yaml": nil, "other.yaml": nil, "new.yaml": nil})
	for _, name := range []string{"mine.yaml", "other.yaml"} {
		if want := "--out: " + filepath.Join(dir, name) + " exists, and was not rendered from Pulumi.a.yaml"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new.yaml")); err == nil {
		t.Error("a refused run writes a file")
	}
}
