package cluster

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const typeToken = "vllm-eks:cluster:Cluster"

// Args are the inputs of New.
type Args struct {
	Spec Spec
}

// Cluster is a Kubernetes cluster, ready to be deployed to.
type Cluster struct {
	pulumi.ResourceState

	// Provider deploys to this cluster, and to no other, whatever the current
	// context of the user's kubeconfig is.
	Provider *kubernetes.Provider
}

// New registers the cluster that the spec names. Errors name the key of the
// spec that is wrong, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	spec := args.Spec.WithDefaults()
	if err := spec.Validate(name); err != nil {
		return nil, err
	}
	c := &Cluster{}
	if err := ctx.RegisterComponentResource(typeToken, name, c, opts...); err != nil {
		return nil, err
	}
	provider, err := kubernetes.NewProvider(ctx, name, providerArgs(*spec.Existing), pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	c.Provider = provider
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}
