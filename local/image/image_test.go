package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// fakeProgram writes a file that the image can copy.
func fakeProgram(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImageHoldsThePrograms(t *testing.T) {
	engine, shell := fakeProgram(t, "engine", "binary"), fakeProgram(t, "bash-static", "shell")
	for _, c := range []struct {
		contents Contents
		files    []string
	}{
		{Contents{Program: engine}, []string{"engine 755 binary"}},
		{Contents{Program: engine, Others: map[string]string{"/usr/bin/other": engine, "/bin/bash": shell}},
			[]string{"engine 755 binary", "bin/bash 755 shell", "usr/bin/other 755 binary"}},
	} {
		image, err := Of(c.contents, "amd64")
		if err != nil {
			t.Fatal(err)
		}
		second, err := Of(c.contents, "amd64")
		if err != nil {
			t.Fatal(err)
		}
		a, err1 := image.Digest()
		b, err2 := second.Digest()
		if err1 != nil || err2 != nil || a != b {
			t.Errorf("the same programs give %s and %s (%v, %v)", a, b, err1, err2)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if got := config.Config.Entrypoint; !slices.Equal(got, []string{"/engine"}) {
			t.Errorf("entrypoint: %v", got)
		}
		layers, err := image.Layers()
		if err != nil || len(layers) != 1 {
			t.Fatalf("layers: %v, %v", layers, err)
		}
		content, err := layers[0].Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		if got := list(t, content); !slices.Equal(got, c.files) {
			t.Errorf("files: %q, want %q", got, c.files)
		}
	}
}

// list returns each file's name, mode and content.
func list(t *testing.T, layer io.ReadCloser) (files []string) {
	t.Helper()
	defer layer.Close()
	for r := tar.NewReader(layer); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, fmt.Sprintf("%s %o %s", header.Name, header.Mode, text))
	}
}

func TestSumDiffersByContents(t *testing.T) {
	engine, shell := fakeProgram(t, "engine", "binary"), fakeProgram(t, "bash-static", "shell")
	seen := map[string]string{}
	for name, c := range map[string]Contents{
		"the program alone": {Program: engine},
		"with a shell":      {Program: engine, Others: map[string]string{"/bin/bash": shell}},
		"elsewhere":         {Program: engine, Others: map[string]string{"/usr/bin/bash": shell}},
		"another program":   {Program: fakeProgram(t, "engine", "rebuilt")},
	} {
		sum, err := c.Sum()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := c.Sum(); err != nil || again != sum {
			t.Errorf("%s: %s and then %s, %v", name, sum, again, err)
		}
		if twin, found := seen[sum]; found {
			t.Errorf("%s has the sum of %s", name, twin)
		}
		seen[sum] = name
	}
	if _, err := (Contents{Program: engine, Others: map[string]string{"/bin/bash": "/nowhere"}}).Sum(); err == nil {
		t.Error("a program that is not there has a sum")
	}
}
