// Package release installs Helm charts, each in a namespace of its own.
package release

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/chart"
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
	// Given are values that other resources have. Mappings are merged with Values,
	// anything else takes the place of the value there. Default: none.
	Given pulumi.Map
	// TimeoutSeconds is how long its pods may take to be ready. Default: 600.
	TimeoutSeconds int
}

type resource struct {
	pulumi.CustomResourceState

	Metadata pulumi.MapOutput `pulumi:"metadata"`
}

// name is what the provider called an object.
func (r *resource) name() pulumi.StringOutput {
	return r.Metadata.ApplyT(func(metadata map[string]any) (string, error) {
		name, ok := metadata["name"].(string)
		if !ok {
			return "", errors.New("the provider did not return the name of the object")
		}
		return name, nil
	}).(pulumi.StringOutput)
}

// New registers a release. The custom resource definitions of a chart exist
// before the rest of it, and stay when the release is removed. A release that is
// replaced, such as for another namespace, is removed first: Helm does not install
// over the cluster-wide objects of another release.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	r := &resource{}
	opts = append(opts[:len(opts):len(opts)], pulumi.DeleteBeforeReplace(true))
	return r, untyped.Register(ctx, "kubernetes:helm.sh/v3:Release", name, releaseInputs(args), r, opts...)
}

// register registers an object, whose fields belong to the stack.
func register(ctx *pulumi.Context, o Object, opts ...pulumi.ResourceOption) (*resource, error) {
	r := &resource{}
	owner := pulumi.Map{"metadata": pulumi.Map{"annotations": pulumi.Map{}}}
	for key, value := range fieldmanager.Annotations(fieldmanager.Name(ctx.Project(), ctx.Stack())) {
		owner["metadata"].(pulumi.Map)["annotations"].(pulumi.Map)[key] = pulumi.String(value)
	}
	return r, untyped.Register(ctx, o.Type, o.Name, mergeGiven(o.Inputs, owner), r, append(o.Options[:len(o.Options):len(o.Options)], opts...)...)
}

// NewNamespace registers a namespace that admits pods of a level.
func NewNamespace(ctx *pulumi.Context, name string, level chart.Level, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	r := &resource{}
	inputs := namespaceInputs(name, level, fieldmanager.Name(ctx.Project(), ctx.Stack()))
	return r, untyped.Register(ctx, "kubernetes:core/v1:Namespace", name, inputs, r, opts...)
}
