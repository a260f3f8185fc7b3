// Command generate writes the Pulumi schema of the components. It infers the types from
// their Go types, and reads descriptions, required inputs, enums and secrets from the
// declarations of keys. Run it in provider with go generate.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	provider "github.com/pulumi/pulumi-go-provider"

	"github.com/vllm-eks/vllm-eks/internal/servingargs"
	"github.com/vllm-eks/vllm-eks/provider/plugin"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes schema.json into the folder of the module.
func run(folder string) error {
	text, err := generate(filepath.Join(folder, ".."))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "schema.json"), text, 0o644) //nolint:gosec // it is a part of the source
}

// generate returns the schema, for the repository in a folder.
func generate(root string) ([]byte, error) {
	p, err := plugin.Inferred()
	if err != nil {
		return nil, err
	}
	// The version is that of the installed plug-in.
	inferred, err := provider.GetSchema(context.Background(), plugin.Name, "0.0.0", p)
	if err != nil {
		return nil, err
	}
	inferred.Version = ""
	comments := servingargs.Comments(root)
	d := &description{comments: comments, done: map[string]bool{}}
	if d.spec, err = withoutArgs(inferred); err != nil {
		return nil, err
	}
	if err := d.describe(); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(d.spec)
	return text.Bytes(), err
}
