// Package ingress installs the AWS Load Balancer Controller, which makes
// Application Load Balancers of Ingresses.
package ingress

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/release"
	ingressspec "github.com/vllm-eks/vllm-eks/spec/ingress"
)

const typeToken = "vllm-eks:ingress:Controller"

// Args are the inputs of New.
type Args struct {
	Spec ingressspec.Spec
	// ClusterName is the EKS cluster's, by which the controller tags what it makes.
	// Required.
	ClusterName pulumi.StringInput
	// VPCID is where load balancers go. The controller cannot ask its node, whose
	// metadata pods do not reach. Required.
	VPCID pulumi.StringInput
	// Region is the AWS region. Required.
	Region string
	// Tags are on everything that the controller makes. Default: none.
	Tags map[string]string
	// DependsOn is what must be there before, and goes after: the nodes, what gives
	// pods their AWS roles, and Prometheus' operator if it scrapes the controller.
	// Default: nothing.
	DependsOn []pulumi.Resource
}

// New registers the controller and its AWS role, or nothing if it is not to be
// installed. Errors name the key of the spec that is wrong, under name. Ingresses
// are deleted before the controller, which deletes their load balancers.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	component := release.ComponentArgs{Type: typeToken, DependsOn: args.DependsOn}
	for _, r := range spec.Releases() {
		component.Namespaces = r.Namespaces()
		component.Role = podidentity.Register(name, podidentity.Args{
			ClusterName:    args.ClusterName,
			Namespace:      ingressspec.Namespace,
			ServiceAccount: ingressspec.ServiceAccount,
			Policy: pulumi.All(args.ClusterName, args.VPCID).ApplyT(func(of []any) (string, error) {
				return policy(args.Region, of[0].(string), of[1].(string))
			}).(pulumi.StringOutput).ToStringPtrOutput(),
		})
		component.Charts = []release.Chart{{Args: release.Args{
			Chart: r.Chart, Namespace: r.Namespace.Name, Values: chart.Merge(ingressspec.Values(spec, args.Region, args.Tags), spec.Values),
			Given: pulumi.Map{"clusterName": args.ClusterName, "vpcId": args.VPCID},
		}}}
	}
	return release.NewComponent(ctx, name, component, opts...)
}
