// Package release installs Helm charts, each in a namespace of its own.
package release

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Args are the inputs of New.
type Args struct {
	// Chart is what is installed.
	Chart versions.Chart
	// Name is the release's. Default: the chart's name.
	Name string
	// Namespace is where it is installed. Required.
	Namespace string
	// Values are the chart's, as JSON has them.
	Values map[string]any
	// Given are values that other resources have, each in the place of the whole of
	// Values under the same key. Default: none.
	Given pulumi.Map
	// TimeoutSeconds is how long its pods may take to be ready. Default: 600.
	TimeoutSeconds int
}

// resource is one that Pulumi's typed packages have too. They are not imported:
// compiling them takes minutes, for all kinds of Kubernetes together.
type resource struct{ pulumi.CustomResourceState }

// New registers a release. What a chart brings as a custom resource definition
// is there before the rest of it, and stays when the release is removed.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	return register(ctx, "kubernetes:helm.sh/v3:Release", name, releaseInputs(args), opts)
}

// NewNamespace registers a namespace that admits pods of a level.
func NewNamespace(ctx *pulumi.Context, name string, level Level, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	inputs := namespaceInputs(name, level, fieldmanager.Name(ctx.Project(), ctx.Stack()))
	return register(ctx, "kubernetes:core/v1:Namespace", name, inputs, opts)
}

func register(ctx *pulumi.Context, token, name string, inputs pulumi.Map, opts []pulumi.ResourceOption) (pulumi.Resource, error) {
	args := kubernetes.UntypedArgs{}
	for key, value := range inputs {
		args[key] = value
	}
	r := &resource{}
	return r, ctx.RegisterResource(token, name, args, r, opts...)
}
