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

// Contents are the static programs that an image holds.
type Contents struct {
	// Program is the file of the entrypoint, which lies in the image's root.
	Program string
	// Others are the files of further programs, by their absolute paths in the
	// image.
	Others map[string]string
}

// Sum is a checksum of the programs and their paths, by which an image that is
// there already is known.
func (c Contents) Sum() (string, error) {
	hash := sha256.New()
	if err := c.write(hash); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// write gives the contents as the image's layer has them, in a fixed order and
// without times.
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
