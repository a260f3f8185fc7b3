// Command sdkgen writes the Node.js SDK of the components into a folder, for machines
// without Pulumi's installer. `pulumi package gen-sdk` needs the Node.js language host,
// which only the installer has.
//
//	go -C provider run ./sdkgen FOLDER
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sdkgen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("want one argument, the folder of the SDK")
	}
	text, err := os.ReadFile("schema.json")
	if err != nil {
		return err
	}
	files, err := generate(text)
	if err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(args[0], name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // it is source code
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // it is source code
			return err
		}
	}
	return nil
}

// noLoader loads no schema, for a schema that refers to no other schema.
type noLoader struct{ schema.ReferenceLoader }

// generate returns the files of the SDK by name.
func generate(text []byte) (map[string][]byte, error) {
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, err
	}
	spec.Version = versions.Release // the project names the plug-in
	pkg, problems, err := schema.BindSpec(spec, noLoader{}, schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if problems.HasErrors() {
		return nil, problems
	}
	return nodejs.GeneratePackage("sdkgen", pkg, nil, nil, true, noLoader{})
}
