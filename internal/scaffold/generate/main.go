// Command generate writes the derived files of template/: go generate ./internal/scaffold.
package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/vllm-eks/vllm-eks/internal/scaffold"
)

func main() {
	if err := run("../.."); err != nil { // from the folder of internal/scaffold
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	files, err := scaffold.Files(root)
	goFiles, moduleErr := scaffold.Module(context.Background(), root)
	if err := errors.Join(err, moduleErr); err != nil {
		return err
	}
	maps.Copy(files, goFiles)
	for path, text := range files {
		if err := os.WriteFile(filepath.Join(root, scaffold.Folder, path), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
