package ingress

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const typeToken = "vllm-eks:ingress:Controller"

// Args are the inputs of New.
type Args struct {
	Spec Spec
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

// Controller is what makes load balancers.
type Controller struct {
	pulumi.ResourceState

	ready []pulumi.Resource
}

// New registers the controller and its AWS role, or nothing if it is not to be
// installed. Errors name the key of the spec that is wrong, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Controller, error) {
	spec := args.Spec.WithDefaults()
	if err := spec.Validate(name); err != nil {
		return nil, err
	}
	c := &Controller{}
	if !spec.Install {
		return c, nil
	}
	if err := ctx.RegisterComponentResource(typeToken, name, c, opts...); err != nil {
		return nil, err
	}
	role, err := podidentity.NewRole(ctx, name, podidentity.Args{
		ClusterName:    args.ClusterName,
		Namespace:      Namespace,
		ServiceAccount: serviceAccount,
		Policy: pulumi.All(args.ClusterName, args.VPCID).ApplyT(func(of []any) (string, error) {
			return policy(args.Region, of[0].(string), of[1].(string))
		}).(pulumi.StringOutput).ToStringPtrOutput(),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	// The role goes after the controller, which needs it to remove the last load
	// balancer.
	installed, err := release.New(ctx, name, release.Args{
		Chart: versions.LoadBalancerController, Namespace: Namespace, Level: release.Restricted, Values: values(spec, args.Region, args.Tags),
		Given: pulumi.Map{"clusterName": args.ClusterName, "vpcId": args.VPCID}, DependsOn: role.Ready,
	}, pulumi.Parent(c), pulumi.DependsOn(args.DependsOn))
	if err != nil {
		return nil, err
	}
	c.ready = []pulumi.Resource{installed}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

// Ready is what Ingresses have to wait for, and to be gone before: the controller
// is what removes their load balancers. It is nothing, if nothing is installed.
func (c *Controller) Ready() []pulumi.Resource { return c.ready }
