// Command generate writes the arguments of the components in components/serving, and
// their conversion to specs. It reads the declarations of the specs' keys. Run it with
// go generate ./components/serving.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes the generated files into the folder of the package.
func run(folder string) error {
	files, err := generate(filepath.Join(folder, "..", ".."))
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(folder, name), files[name], 0o644); err != nil { //nolint:gosec // it is source code
			return err
		}
	}
	return nil
}
