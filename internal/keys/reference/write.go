package reference

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Write writes pages into a folder. It removes generated pages that no longer exist,
// and keeps all other files.
func Write(folder string, files map[string]string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if _, ok := files[e.Name()]; ok || !strings.HasSuffix(e.Name(), ".md") {
			continue
		}
		old, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(old), generated) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(files[name]), 0o644); err != nil {
			return err
		}
	}
	return nil
}
