// Package ingress installs the AWS Load Balancer Controller, which creates an
// Application Load Balancer for each Ingress.
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

// Args holds the inputs of New.
type Args struct {
	Spec ingressspec.Spec
	// ClusterName is the name of the EKS cluster. The controller tags the resources
	// that it creates with it. Required.
	ClusterName pulumi.StringInput
	// VPCID is the VPC of the load balancers. The controller cannot read it from the
	// metadata of its node, which pods do not reach. Required.
	VPCID pulumi.StringInput
	// Region is the AWS region. Required.
	Region string
	// Tags holds the tags of the AWS resources that the controller creates. Default:
	// none.
	Tags map[string]string
	// DependsOn lists the resources that are created before the controller and deleted
	// after it: the nodes, the add-on that gives pods their AWS roles, and Prometheus'
	// operator if it scrapes the controller. Default: none.
	DependsOn []pulumi.Resource
}

// New registers the controller and its AWS role, or nothing if the spec does not
// install it. Errors name the wrong key of the spec, under name. Pulumi deletes
// Ingresses before the controller, so that the controller can delete their load
// balancers.
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
			Policy: pulumi.All(args.ClusterName, args.VPCID).ApplyT(func(names []any) (string, error) {
				return policy(args.Region, names[0].(string), names[1].(string))
			}).(pulumi.StringOutput).ToStringPtrOutput(),
		})
		component.Charts = []release.Chart{{Args: release.Args{
			Chart: r.Chart, Namespace: r.Namespace.Name, Values: chart.Merge(ingressspec.Values(spec, args.Region, args.Tags), spec.Values),
			Given: pulumi.Map{"clusterName": args.ClusterName, "vpcId": args.VPCID},
		}}}
	}
	return release.NewComponent(ctx, name, component, opts...)
}
