package image

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestImageHoldsTheProgramAndNothingElse(t *testing.T) {
	program := filepath.Join(t.TempDir(), "engine")
	if err := os.WriteFile(program, []byte("binary"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := OfProgram(program, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	second, err := OfProgram(program, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := first.Digest()
	b, err2 := second.Digest()
	if err1 != nil || err2 != nil || a != b {
		t.Errorf("the same program gives %s and %s (%v, %v)", a, b, err1, err2)
	}
	config, err := first.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Config.Entrypoint; len(got) != 1 || got[0] != "/engine" {
		t.Errorf("entrypoint: %v", got)
	}
	layers, err := first.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("layers: %v, %v", layers, err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	r := tar.NewReader(content)
	header, err := r.Next()
	if err != nil || header.Name != "engine" || header.Mode != 0o755 {
		t.Errorf("file: %+v, %v", header, err)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("more files than the program: %v", err)
	}
}
