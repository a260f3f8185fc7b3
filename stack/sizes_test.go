package stack

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

const (
	// maxFileLines is the largest number of lines of a file.
	maxFileLines = 350
	// maxPackageFiles is the largest number of files of a package, without tests.
	maxPackageFiles = 25
)

// TestFilesAndPackagesAreSmall counts the lines of every Go file of the repository that is
// not generated, and the files of every package.
func TestFilesAndPackagesAreSmall(t *testing.T) {
	packages := map[string]int{}
	files := 0
	err := fs.WalkDir(os.DirFS(".."), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || len(entry.Name()) > 1 && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		text, err := os.ReadFile(path.Join("..", file))
		if err != nil {
			return err
		}
		files++
		if !strings.HasSuffix(file, "_test.go") {
			packages[path.Dir(file)]++
		}
		generated := bytes.Contains(text[:min(len(text), 300)], []byte("// Code generated "))
		if lines := bytes.Count(text, []byte("\n")); lines > maxFileLines && !generated {
			t.Errorf("%s has %d lines, want at most %d; move one concern into a file of its own", file, lines, maxFileLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 300 {
		t.Fatalf("%d Go files were found, which cannot be all", files)
	}
	for folder, count := range packages {
		if count > maxPackageFiles {
			t.Errorf("%s has %d files without its tests, want at most %d", folder, count, maxPackageFiles)
		}
	}
}
