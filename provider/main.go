// Command provider serves VLLMService and Namespaces to Pulumi programs in every language.
// It is the Pulumi plug-in of vllm-eks. Pulumi builds and runs it.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"

	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/provider/plugin"
)

//go:generate go run ./generate

// schema describes the components to the generators of SDKs.
//
//go:embed schema.json
var schema string

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-"+plugin.Name+":", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	p, err := plugin.New(schema)
	if err != nil {
		return err
	}
	return p.Run(ctx, plugin.Name, versions.Release)
}
