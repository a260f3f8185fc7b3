package image

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Contents are the static programs of an image.
type Contents struct {
	// Program is the file of the entrypoint. The image has it in its root folder.
	Program string
	// Others are the files of further programs, by their absolute path in the image.
	Others map[string]string
}

// Sum returns a checksum of the programs and their paths. It identifies an image that was
// imported before.
func (c Contents) Sum() (string, error) {
	hash := sha256.New()
	if err := c.write(hash); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// write writes the contents as a layer of the image, in a fixed order and without times.
func (c Contents) write(writer io.Writer) error {
	w := tar.NewWriter(writer)
	if err := add(w, filepath.Base(c.Program), c.Program); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(c.Others)) {
		if err := add(w, strings.TrimPrefix(path, "/"), c.Others[path]); err != nil {
			return err
		}
	}
	return w.Close()
}

func add(w *tar.Writer, name, program string) error {
	file, err := os.Open(program)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: info.Size(), Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}
