// Package release installs Helm charts, each in a namespace of its own.
package release

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/internal/untyped"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Args are the inputs of New.
type Args struct {
	// Chart is what is installed.
	Chart versions.Chart
	// Name is the release's. Default: the chart's name.
	Name string
	// Namespace is where it is installed, which must exist. Required.
	Namespace string
	// Values are the chart's, as JSON has them.
	Values map[string]any
	// Given are values that other resources have, each in the place of the whole of
	// Values under the same key. Default: none.
	Given pulumi.Map
	// TimeoutSeconds is how long its pods may take to be ready. Default: 600.
	TimeoutSeconds int
}

type resource struct{ pulumi.CustomResourceState }

// New registers a release. The custom resource definitions of a chart exist
// before the rest of it, and stay when the release is removed.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	r := &resource{}
	return r, untyped.Register(ctx, "kubernetes:helm.sh/v3:Release", name, releaseInputs(args), r, opts...)
}

// NewNamespace registers a namespace that admits pods of a level.
func NewNamespace(ctx *pulumi.Context, name string, level Level, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	r := &resource{}
	inputs := namespaceInputs(name, level, fieldmanager.Name(ctx.Project(), ctx.Stack()))
	return r, untyped.Register(ctx, "kubernetes:core/v1:Namespace", name, inputs, r, opts...)
}
