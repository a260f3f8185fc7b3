package cluster

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// providerArgs is the provider of an existing cluster. The cluster identifier
// decides when everything on the cluster is replaced: when the stack names
// another context, be it the same cluster's under a new name, and not when the
// kubeconfig moves or its credentials change.
func providerArgs(e Existing) *kubernetes.ProviderArgs {
	args := &kubernetes.ProviderArgs{
		Context:               pulumi.String(e.Context),
		ClusterIdentifier:     pulumi.String(e.Context),
		EnableServerSideApply: pulumi.Bool(true),
	}
	if e.Kubeconfig != "" {
		args.Kubeconfig = pulumi.String(e.Kubeconfig)
	}
	return args
}
