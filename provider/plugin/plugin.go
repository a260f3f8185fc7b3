// Package plugin serves the components of components/serving to Pulumi programs in
// every language.
package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"

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
		WithComponents(infer.ComponentF(newVLLMService), infer.ComponentF(serving.NewNamespaces)).
		Build()
}

// newVLLMService registers a service, and waits for the validation of its inputs. The inputs
// of a plug-in are already resolved. The error has only the problems of the inputs, and not
// the errors that follow from them.
func newVLLMService(ctx *pulumi.Context, name string, args serving.VLLMServiceArgs, opts ...pulumi.ResourceOption) (*serving.VLLMService, error) {
	service, err := serving.NewVLLMService(ctx, name, args, opts...)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, valid := range service.Valid() {
		_, err := internals.UnsafeAwaitOutput(ctx.Context(), valid)
		errs = append(errs, err)
	}
	return service, errors.Join(errs...)
}

// New returns the provider with a schema, which the command in provider/generate writes. The
// provider checks the inputs of components against the schema.
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
