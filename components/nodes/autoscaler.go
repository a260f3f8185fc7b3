package nodes

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const autoscalerToken = "vllm-eks:nodes:Autoscaler"

// AutoscalerArgs are the inputs of NewAutoscaler.
type AutoscalerArgs struct {
	Spec AutoscalerSpec
	// ClusterName is the EKS cluster's, by which the autoscaler finds its groups.
	// Required.
	ClusterName pulumi.StringInput
	// Region is the AWS region. Required.
	Region string
	// DependsOn is what must be there before, and goes after: the nodes, what gives
	// pods their AWS roles, and Prometheus' operator if it scrapes the autoscaler.
	// Default: nothing.
	DependsOn []pulumi.Resource
}

// Autoscaler is what starts and stops nodes.
type Autoscaler struct {
	pulumi.ResourceState

	ready []pulumi.Resource
}

// NewAutoscaler registers the cluster autoscaler and its AWS role, or nothing if
// it is not to be installed. Errors name the key of the spec that is wrong, under
// name.
func NewAutoscaler(ctx *pulumi.Context, name string, args AutoscalerArgs, opts ...pulumi.ResourceOption) (*Autoscaler, error) {
	spec := args.Spec.WithDefaults()
	if err := spec.Validate(name); err != nil {
		return nil, err
	}
	a := &Autoscaler{}
	if !spec.Install {
		return a, nil
	}
	if err := ctx.RegisterComponentResource(autoscalerToken, name, a, opts...); err != nil {
		return nil, err
	}
	role, err := podidentity.NewRole(ctx, name, podidentity.Args{
		ClusterName:    args.ClusterName,
		Namespace:      AutoscalerNamespace,
		ServiceAccount: autoscalerAccount,
		Policy: args.ClusterName.ToStringOutput().ApplyT(func(cluster string) (string, error) {
			return autoscalerPolicy(args.Region, cluster)
		}).(pulumi.StringOutput).ToStringPtrOutput(),
	}, pulumi.Parent(a))
	if err != nil {
		return nil, err
	}
	installed, err := release.New(ctx, name, release.Args{
		Chart: versions.ClusterAutoscaler, Namespace: AutoscalerNamespace, Level: release.Restricted, Values: autoscalerValues(spec, args.Region),
		Given: pulumi.Map{"autoDiscovery": pulumi.Map{"clusterName": args.ClusterName}}, DependsOn: role.Ready,
	}, pulumi.Parent(a), pulumi.DependsOn(args.DependsOn))
	if err != nil {
		return nil, err
	}
	a.ready = []pulumi.Resource{installed}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{})
}

// Ready is what engines have to wait for that need a node to be started: nothing,
// if nothing is installed.
func (a *Autoscaler) Ready() []pulumi.Resource { return a.ready }
