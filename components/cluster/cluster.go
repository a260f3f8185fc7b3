// Package cluster is the Kubernetes cluster that everything else runs on: an
// EKS cluster that is made, or one that the user brings.
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

// Args are the inputs of New. Those beside Spec are for a cluster that is made.
type Args struct {
	Spec clusterspec.Spec
	// SubnetIDs are the subnets of VPCID in which the control plane has its network
	// interfaces. A change of them changes nothing of an existing cluster.
	VPCID     pulumi.StringInput
	SubnetIDs pulumi.StringArrayInput
}

// Cluster is a Kubernetes cluster, ready to be deployed to.
type Cluster struct {
	pulumi.ResourceState

	// Name is the cluster's in Amazon EKS, known before there is one. What uses it
	// waits for the cluster. "" if it is not known.
	Name pulumi.StringOutput
	// Ready are what nodes must wait for: the cluster and what every node runs.
	Ready []pulumi.Resource
	// VolumesRole is the AWS role of the driver of EBS; nil for an existing cluster.
	// Nodes wait for it, so that the driver has it until the last node is gone.
	VolumesRole *podidentity.Role

	client        *kubernetes.ProviderArgs
	clientOptions []pulumi.ResourceOption
	// admitted are the access entries, without which the API server refuses whoever
	// runs `pulumi up`.
	admitted []pulumi.Resource
}

// firstIdentifier keeps the cluster identifier of the first update. With
// pulumi-kubernetes 4.28, another identifier replaces every object: the new one
// takes over the object that exists, which is then deleted by its name. Without
// an identifier, the provider compares addresses, and replaces them as well.
// https://github.com/pulumi/pulumi-kubernetes/blob/v4.28.0/provider/pkg/provider/provider.go (DiffConfig)
var firstIdentifier = pulumi.IgnoreChanges([]string{"clusterIdentifier"})

// New registers the cluster that the spec names. Errors name the key of the
// spec that is wrong, under name.
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
		made, err := newControlPlane(ctx, name, spec, args, inside...)
		if err != nil {
			return nil, err
		}
		c.Name = pulumi.OutputWithDependencies(ctx.Context(), c.Name, made.component).(pulumi.StringOutput)
		c.client = ownProvider(spec, made.kubeconfig)
		if c.Ready, err = newEarlyAddons(ctx, spec, c.Name, inside...); err != nil {
			return nil, err
		}
		if c.admitted, err = newAccess(ctx, name, spec, c.Name, inside...); err != nil {
			return nil, err
		}
		if c.VolumesRole, err = newAddonRole(ctx, clusterspec.VolumeDriver(spec, nil), spec, c.Name, inside...); err != nil {
			return nil, err
		}
		c.Ready = slices.Concat(c.Ready, c.VolumesRole.Ready, []pulumi.Resource{made.component})
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"name": c.Name})
}
