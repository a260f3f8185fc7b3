// Package cluster registers the Kubernetes cluster of the stack: a created EKS
// cluster, or the provider of an existing cluster.
package cluster

import (
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	clusterspec "github.com/vllm-eks/vllm-eks/spec/cluster"
)

const typeToken = "vllm-eks:cluster:Cluster"

// Args holds the inputs of New. A created cluster needs all of them, an
// existing one only Spec.
type Args struct {
	Spec clusterspec.Spec
	// SubnetIDs lists the subnets of VPCID for the network interfaces of the control
	// plane. EKS reads them at creation only; a later change has no effect.
	VPCID     pulumi.StringInput
	SubnetIDs pulumi.StringArrayInput
}

// Cluster is a Kubernetes cluster that components deploy to.
type Cluster struct {
	pulumi.ResourceState

	// Name is the name of the cluster in Amazon EKS. It is known before the cluster
	// exists, and resources that use it wait for the cluster. "" if the name is not
	// known.
	Name pulumi.StringOutput
	// VolumesRole is the AWS role of the EBS CSI driver; nil for an existing cluster.
	// Nodes wait for it, so that the driver keeps it until the last node is deleted.
	VolumesRole *podidentity.Role

	ready         []pulumi.Resource
	client        *kubernetes.ProviderArgs
	clientOptions []pulumi.ResourceOption
	// admitted lists the access entries. Without them, the API server refuses the
	// principal that runs `pulumi up`.
	admitted []pulumi.Resource
}

// Ready returns the resources that nodes must wait for: the cluster and the add-ons
// of every node. The list is empty for an existing cluster.
func (c *Cluster) Ready() []pulumi.Resource { return c.ready }

// firstIdentifier keeps the cluster identifier of the first update. With
// pulumi-kubernetes 4.28, another identifier replaces every object: the provider
// creates the replacement over the existing object, and then deletes it by its name.
// Without an identifier, the provider compares addresses, and replaces objects if the
// address changes.
// https://github.com/pulumi/pulumi-kubernetes/blob/v4.28.0/provider/pkg/provider/provider.go (DiffConfig)
var firstIdentifier = pulumi.IgnoreChanges([]string{"clusterIdentifier"})

// New registers the cluster of the spec. Errors name the wrong key of the spec, under
// name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	spec := args.Spec.WithDefaults()
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	c := &Cluster{Name: pulumi.String(spec.EKSName()).ToStringOutput()}
	if err := ctx.RegisterComponentResource(typeToken, name, c, opts...); err != nil {
		return nil, err
	}
	inside := []pulumi.ResourceOption{pulumi.Parent(c)}
	if spec.Existing != nil {
		c.client = existingProvider(*spec.Existing)
		c.clientOptions = append(c.clientOptions, firstIdentifier)
	} else {
		created, err := newControlPlane(ctx, name, spec, args, inside...)
		if err != nil {
			return nil, err
		}
		c.Name = pulumi.OutputWithDependencies(ctx.Context(), c.Name, created.component).(pulumi.StringOutput)
		c.client = createdProvider(spec, created.kubeconfig)
		if c.ready, err = newEarlyAddons(ctx, spec, c.Name, inside...); err != nil {
			return nil, err
		}
		if c.admitted, err = newAccess(ctx, name, spec, c.Name, inside...); err != nil {
			return nil, err
		}
		if c.VolumesRole, err = newAddonRole(ctx, clusterspec.VolumeDriver(spec, nil), spec, c.Name, inside...); err != nil {
			return nil, err
		}
		c.ready = slices.Concat(c.ready, c.VolumesRole.Ready(), []pulumi.Resource{created.component})
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"name": c.Name})
}
