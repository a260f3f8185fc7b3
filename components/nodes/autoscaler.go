package nodes

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/release"
	nodespec "github.com/vllm-eks/vllm-eks/spec/nodes"
)

const autoscalerToken = "vllm-eks:nodes:Autoscaler"

// AutoscalerArgs holds the inputs of NewAutoscaler.
type AutoscalerArgs struct {
	Spec nodespec.AutoscalerSpec
	// ClusterName is the name of the EKS cluster. The autoscaler finds its node groups
	// by it. Required.
	ClusterName pulumi.StringInput
	// Region is the AWS region. Required.
	Region string
	// DependsOn lists the resources that are created before the autoscaler and deleted
	// after it: the nodes, the add-on that gives pods their AWS roles, and Prometheus'
	// operator if it scrapes the autoscaler. Default: none.
	DependsOn []pulumi.Resource
}

// NewAutoscaler registers the cluster autoscaler and its AWS role, or nothing if the
// spec does not install it. Errors name the wrong key of the spec, under name.
func NewAutoscaler(ctx *pulumi.Context, name string, args AutoscalerArgs, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	component := release.ComponentArgs{Type: autoscalerToken, DependsOn: args.DependsOn}
	for _, r := range spec.Releases() {
		component.Namespaces = r.Namespaces()
		component.Role = podidentity.Register(name, podidentity.Args{
			ClusterName:    args.ClusterName,
			Namespace:      nodespec.AutoscalerNamespace,
			ServiceAccount: nodespec.AutoscalerAccount,
			Policy: args.ClusterName.ToStringOutput().ApplyT(func(cluster string) (string, error) {
				return nodespec.AutoscalerPolicy(args.Region, cluster)
			}).(pulumi.StringOutput).ToStringPtrOutput(),
		})
		component.Charts = []release.Chart{{Args: release.Args{
			Chart: r.Chart, Namespace: r.Namespace.Name, Values: chart.Merge(nodespec.AutoscalerValues(spec, args.Region), spec.Values),
			Given: pulumi.Map{"autoDiscovery": pulumi.Map{"clusterName": args.ClusterName}},
		}}}
	}
	return release.NewComponent(ctx, name, component, opts...)
}
