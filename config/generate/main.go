// Command generate writes the reference of a stack's keys, docs/reference, the JSON
// Schema of a stack's file, and the tables of scaling policies and of Helm charts in docs
// from their declarations. It runs in config: go generate ./config.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/keys/reference"
)

// schemaFile is the name of the JSON Schema, in the folder of the pages.
const schemaFile = "stack.schema.json"

func main() {
	root := ".."
	pages, schema, err := generate(root)
	if err == nil {
		err = write(filepath.Join(root, "docs", "reference"), pages, schema)
	}
	if err == nil {
		err = writeTables(root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate returns the pages by their names, and the schema. The root is the folder of
// the repository.
func generate(root string) (pages map[string]string, schema []byte, err error) {
	declared, err := config.Keys()
	if err != nil {
		return nil, nil, err
	}
	o := reference.Options{
		Root: declared, Forms: config.Forms(), Namespace: config.Namespace,
		Comments: &reference.Comments{Module: "github.com/vllm-eks/vllm-eks", Folder: root},
		Titles: map[string]string{
			"account": "AWS account", "network": "Network", "cluster": "Cluster", "nodes": "Nodes", "charts": "Helm charts", "telemetry": "Logs and traces",
			"monitoring": "Monitoring", "models": "Models", "costs": "Costs and limits", "checklist": "Production checklist",
		},
	}
	if pages, err = reference.Pages(o); err != nil {
		return nil, nil, err
	}
	schema, err = reference.Schema(o)
	return pages, schema, err
}

// writeTables writes the generated tables of manually written pages.
func writeTables(root string) error {
	pages, err := pagesWithTables(root)
	if err != nil {
		return err
	}
	for path, text := range pages {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // it is documentation
			return err
		}
	}
	return nil
}

func write(folder string, pages map[string]string, schema []byte) error {
	if err := reference.Write(folder, pages); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, schemaFile), schema, 0o644) //nolint:gosec // it is documentation
}
