// Package release installs Helm charts, each in its own namespace.
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
	// Chart is the chart to install.
	Chart versions.Chart
	// Name is the name of the release. Default: the chart's name.
	Name string
	// Namespace is the namespace of the release, which must exist. Required.
	Namespace string
	// Values are the chart's values, in the form of decoded JSON.
	Values map[string]any
	// Given are values from other resources. Mappings are merged with Values; any other
	// value replaces the value there. Default: none.
	Given pulumi.Map
	// TimeoutSeconds is the time within which the pods must be ready. Default: 600.
	TimeoutSeconds int
}

type resource struct {
	pulumi.CustomResourceState

	Metadata pulumi.MapOutput `pulumi:"metadata"`
}

// name returns the object's name on the cluster.
func (r *resource) name() pulumi.StringOutput {
	return r.Metadata.ApplyT(func(metadata map[string]any) (string, error) {
		name, ok := metadata["name"].(string)
		if !ok {
			return "", errors.New("the provider did not return the name of the object")
		}
		return name, nil
	}).(pulumi.StringOutput)
}

// New registers a release. The custom resource definitions of a chart exist before the
// rest of it, and stay after the release is removed. A release that is replaced, for
// example for another namespace, is removed first: Helm does not install over the
// cluster-wide objects of another release.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	r := &resource{}
	opts = append(opts[:len(opts):len(opts)], pulumi.DeleteBeforeReplace(true))
	return r, untyped.Register(ctx, "kubernetes:helm.sh/v3:Release", name, releaseInputs(args), r, opts...)
}

// register registers an object whose fields belong to the stack.
func register(ctx *pulumi.Context, o Object, opts ...pulumi.ResourceOption) (*resource, error) {
	r := &resource{}
	owner := pulumi.Map{"metadata": pulumi.Map{"annotations": pulumi.Map{}}}
	for key, value := range fieldmanager.Annotations(fieldmanager.Name(ctx.Project(), ctx.Stack())) {
		owner["metadata"].(pulumi.Map)["annotations"].(pulumi.Map)[key] = pulumi.String(value)
	}
	return r, untyped.Register(ctx, o.Type, o.Name, mergeGiven(o.Inputs, owner), r, append(o.Options[:len(o.Options):len(o.Options)], opts...)...)
}

// NewNamespace registers a namespace that admits pods up to a level.
func NewNamespace(ctx *pulumi.Context, name string, level chart.Level, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	r := &resource{}
	inputs := namespaceInputs(name, level, fieldmanager.Name(ctx.Project(), ctx.Stack()))
	return r, untyped.Register(ctx, "kubernetes:core/v1:Namespace", name, inputs, r, opts...)
}
