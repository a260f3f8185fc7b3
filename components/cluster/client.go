package cluster

import (
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ClientArgs holds the inputs of NewClient.
type ClientArgs struct {
	// Cluster is the cluster to deploy to. Required.
	Cluster *Cluster
	// Nodes lists the nodes without GPUs of a created cluster.
	Nodes []pulumi.Resource
}

// Client holds the Kubernetes provider of one cluster. The current context of the
// user's kubeconfig does not change the cluster.
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

// Ready returns the resources that users of the cluster wait for: its provider.
func (c *Client) Ready() []pulumi.Resource {
	if c.provider == nil {
		return nil
	}
	return []pulumi.Resource{c.provider}
}

// Provided returns the option that deploys a component and its children to the
// cluster.
func (c *Client) Provided() pulumi.ResourceOption {
	if c.provider == nil {
		return pulumi.Composite()
	}
	return pulumi.Providers(c.provider)
}
