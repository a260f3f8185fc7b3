// Package plugin serves the components of components/serving to Pulumi programs in
// every language.
package plugin

import (
	"context"
	"encoding/json"
	"fmt"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"

	"github.com/vllm-eks/vllm-eks/components/serving"
)

// Name is the name of the Pulumi package.
const Name = "vllm-eks"

// Inferred returns a provider whose schema is inferred from the Go types of the
// components.
func Inferred() (provider.Provider, error) {
	return infer.NewProviderBuilder().
		WithDisplayName("vLLM on Kubernetes").
		WithNamespace("vllm-eks").
		WithRepository("https://github.com/vllm-eks/vllm-eks").
		WithDescription("Models of vLLM on any Kubernetes cluster.").
		WithComponents(infer.ComponentF(serving.NewVLLMService), infer.ComponentF(serving.NewNamespaces)).
		Build()
}

// New returns the provider with a schema, which the command in provider/generate
// writes. The inputs of components are checked against it.
func New(text string) (provider.Provider, error) {
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return provider.Provider{}, fmt.Errorf("schema.json: %w", err)
	}
	p, err := Inferred()
	if err != nil {
		return provider.Provider{}, err
	}
	p.GetSchema = func(context.Context, provider.GetSchemaRequest) (provider.GetSchemaResponse, error) {
		return provider.GetSchemaResponse{Schema: text}, nil
	}
	return checked(p, spec), nil
}
