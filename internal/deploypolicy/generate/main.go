// Command generate writes the IAM policies of the documentation: go run
// ./internal/deploypolicy/generate, from the root of the project.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vllm-eks/vllm-eks/internal/deploypolicy"
)

func main() {
	if err := run("docs"); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	policies, err := deploypolicy.Policies(deploypolicy.Documented)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if err := os.WriteFile(filepath.Join(folder, p.Name+".json"), []byte(p.JSON), 0o644); err != nil {
			return err
		}
	}
	return nil
}
