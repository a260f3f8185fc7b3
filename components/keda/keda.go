package keda

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const typeToken = "vllm-eks:keda:KEDA"

// Args are the inputs of New.
type Args struct {
	Spec Spec
	// DependsOn is what must be there before, and goes after: the nodes, and
	// Prometheus' operator if it scrapes KEDA. Default: nothing.
	DependsOn []pulumi.Resource
}

// KEDA is the scaler of engines.
type KEDA struct {
	pulumi.ResourceState

	ready []pulumi.Resource
}

// New registers KEDA, or nothing if it is not to be installed. Errors name the
// key of the spec that is wrong, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*KEDA, error) {
	spec := args.Spec.WithDefaults()
	if err := spec.Validate(name); err != nil {
		return nil, err
	}
	k := &KEDA{}
	if !spec.Install {
		return k, nil
	}
	if err := ctx.RegisterComponentResource(typeToken, name, k, opts...); err != nil {
		return nil, err
	}
	installed, err := release.New(ctx, name, release.Args{Chart: versions.KEDAChart, Namespace: Namespace, Level: release.Restricted, Values: values(spec)},
		pulumi.Parent(k), pulumi.DependsOn(args.DependsOn))
	if err != nil {
		return nil, err
	}
	k.ready = []pulumi.Resource{installed}
	return k, ctx.RegisterResourceOutputs(k, pulumi.Map{})
}

// Ready is what ScaledObjects have to wait for, and to be gone before: KEDA is
// what lets them go. It is nothing, if nothing is installed.
func (k *KEDA) Ready() []pulumi.Resource { return k.ready }
