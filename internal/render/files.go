package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is a folder of rendered files.
type Folder struct {
	// Path is the path of the folder.
	Path string
	// Owner names what the files are rendered from. It is in the first line of each file, by
	// which a later run finds the files that it may replace and remove.
	Owner string
}

// marker begins the first line of every rendered file.
const marker = "# Rendered by vllm-eks from "

// header returns the first line of the files.
func (f Folder) header() string { return marker + f.Owner + ". Do not edit.\n" }

// Change is a difference between the folder and the rendered files.
type Change struct {
	// Path is the path of the file.
	Path string

	kind int
}

// Kinds of changes.
const (
	missing = iota
	different
	superfluous
)

// Line returns the change as a line: as done, or as to be done.
func (c Change) Line(done bool) string {
	if done {
		return []string{"wrote ", "changed ", "removed "}[c.kind] + c.Path
	}
	return c.Path + []string{" is missing", " differs", " is no longer rendered"}[c.kind]
}

// Changes returns how the folder differs from files, whose texts have no header. The error
// names every file that would be replaced although another program wrote it.
func (f Folder) Changes(files map[string][]byte) ([]Change, error) {
	var changes []Change
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(f.Path, filepath.FromSlash(name))
		old, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changes = append(changes, Change{path, missing})
		case err != nil:
			errs = append(errs, fmt.Errorf("--out: %w", err))
		case !bytes.HasPrefix(old, []byte(f.header())):
			errs = append(errs, fmt.Errorf("--out: %s exists, and was not rendered from %s; remove it, or choose another folder", path, f.Owner))
		case !bytes.Equal(old, f.text(files[name])):
			changes = append(changes, Change{path, different})
		}
	}
	old, err := f.owned()
	for _, name := range old {
		if _, rendered := files[name]; !rendered {
			changes = append(changes, Change{filepath.Join(f.Path, filepath.FromSlash(name)), superfluous})
		}
	}
	return changes, errors.Join(append(errs, err)...)
}

// text returns the text of a file, with the header.
func (f Folder) text(content []byte) []byte { return append([]byte(f.header()), content...) }

// owned returns the files of the folder that an earlier run with the same owner wrote.
func (f Folder) owned() ([]string, error) {
	var names []string
	err := fs.WalkDir(os.DirFS(f.Path), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == ".":
			return fs.SkipAll
		case err != nil:
			return err
		case entry.IsDir() && name != "." && name != alternatives:
			return fs.SkipDir
		case entry.Type().IsRegular() && strings.HasSuffix(name, ".yaml"):
			text, err := os.ReadFile(filepath.Join(f.Path, filepath.FromSlash(name)))
			if err == nil && bytes.HasPrefix(text, []byte(f.header())) {
				names = append(names, name)
			}
			return err
		}
		return nil
	})
	return names, err
}

// Write makes the folder have the files, and returns what it changed. It changes nothing if
// another program wrote one of the files.
func (f Folder) Write(files map[string][]byte) ([]Change, error) {
	changes, err := f.Changes(files)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		name, err := filepath.Rel(f.Path, c.Path)
		if err != nil {
			return nil, err
		}
		if c.kind == superfluous {
			err = os.Remove(c.Path)
		} else {
			err = write(c.Path, f.text(files[filepath.ToSlash(name)]))
		}
		if err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
	}
	return changes, nil
}

// write replaces a file as a whole, so that an interrupted run leaves no part of one.
func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".render-*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}
