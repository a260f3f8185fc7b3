package cluster

import (
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ClientArgs are the inputs of NewClient.
type ClientArgs struct {
	// Cluster is the cluster to deploy to. Required.
	Cluster *Cluster
	// Nodes are the nodes without GPUs of a created cluster.
	Nodes []pulumi.Resource
}

// Client deploys to one cluster, and to no other, whatever the current context
// of the user's kubeconfig is.
type Client struct {
	provider *kubernetes.Provider
}

// NewClient registers the Kubernetes provider of a cluster.
//
// The provider calls the API server once, when it is registered. If that call
// fails, the provider reports the cluster as unreachable until the process ends,
// and every object fails. EKS says that an access entry takes "several seconds"
// to come into force. The provider therefore waits for the access entries, for
// the early add-ons and for the nodes, which take minutes. This delays nothing:
// everything on the cluster needs a node.
// https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
// https://github.com/pulumi/pulumi-kubernetes/blob/v4.28.0/provider/pkg/provider/provider.go
func NewClient(ctx *pulumi.Context, name string, args ClientArgs, opts ...pulumi.ResourceOption) (*Client, error) {
	c := args.Cluster
	opts = append(slices.Concat(opts, c.clientOptions), pulumi.Parent(c), pulumi.DependsOn(slices.Concat(c.admitted, c.ready, args.Nodes)))
	provider, err := kubernetes.NewProvider(ctx, name, c.client, opts...)
	return &Client{provider: provider}, err
}

// Ready returns what others wait for that deploy to the cluster: its provider.
func (c *Client) Ready() []pulumi.Resource {
	if c.provider == nil {
		return nil
	}
	return []pulumi.Resource{c.provider}
}

// Provided deploys a component, and everything in it, to the cluster.
func (c *Client) Provided() pulumi.ResourceOption {
	if c.provider == nil {
		return pulumi.Composite()
	}
	return pulumi.Providers(c.provider)
}
