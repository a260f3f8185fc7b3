// Vllm-eks is a Pulumi program: one stack is one environment that serves large
// language models with vLLM. This file is its diagram.
package main

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/cluster"
	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/config"
)

func main() {
	var source config.Source
	pulumi.Run(func(ctx *pulumi.Context) error { return deploy(ctx, &source) }, source.Capture)
}

// deploy registers the boxes of the diagram, in the order in which they depend
// on each other. Nothing is registered before the configuration is valid.
func deploy(ctx *pulumi.Context, source *config.Source) error {
	cfg, err := config.Load(source)
	if err != nil {
		return err
	}
	size := cfg.Size()
	if err := report(ctx, size); err != nil {
		return err
	}
	kubernetes, err := cluster.New(ctx, "cluster", cluster.Args{Spec: cfg.Cluster})
	if err != nil {
		return err
	}
	onCluster := pulumi.Providers(kubernetes.Provider)
	namespaces, err := serving.NewNamespaces(ctx, "namespaces", serving.NamespacesArgs{Specs: cfg.Namespaces}, onCluster)
	if err != nil {
		return err
	}
	models := pulumi.Map{}
	for _, spec := range cfg.Models {
		service, err := serving.NewVLLMService(ctx, spec.Name, serving.VLLMServiceArgs{
			Spec:             spec,
			HuggingFaceToken: cfg.HuggingFaceToken,
			APIKey:           cfg.APIKey,
			DependsOn:        namespaces.Named(spec.Namespace),
		}, onCluster)
		if err != nil {
			return err
		}
		models[spec.Name] = service.Outputs()
	}
	// For each model: namespace, service, port, url inside the cluster,
	// servedModelName to ask for, and apiKeySecret, the Secret with the key that
	// clients must send ("" if none). For each, too, what its key pin would freeze.
	ctx.Export("models", models)
	ctx.Export("pins", pulumi.Any(cfg.Pins()))
	return nil
}

// report shows in the preview what every model comes to, and exports the
// numbers, an output for each model, so that a diff shows them change.
func report(ctx *pulumi.Context, size config.Size) error {
	var errs []error
	if table := size.Table(); table != "" {
		errs = append(errs, ctx.Log.Info("\n"+table, nil))
	}
	for _, warning := range size.Warnings() {
		errs = append(errs, ctx.Log.Warn(warning, nil))
	}
	for name, numbers := range size.Numbers() {
		ctx.Export("sizing-"+name, pulumi.Any(numbers))
	}
	return errors.Join(errs...)
}
