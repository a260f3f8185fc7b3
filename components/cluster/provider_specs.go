package cluster

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// currentContext identifies the cluster of a stack that names no context.
const currentContext = "current-context"

// providerArgs is the provider of an existing cluster. The cluster identifier
// decides when everything on the cluster is replaced: only when the stack names
// another context, not when the kubeconfig moves or its credentials change.
func providerArgs(e Existing) *kubernetes.ProviderArgs {
	args := &kubernetes.ProviderArgs{
		ClusterIdentifier:     pulumi.String(currentContext),
		EnableServerSideApply: pulumi.Bool(true),
	}
	if e.Kubeconfig != "" {
		args.Kubeconfig = pulumi.String(e.Kubeconfig)
	}
	if e.Context != "" {
		args.Context = pulumi.String(e.Context)
		args.ClusterIdentifier = pulumi.String(e.Context)
	}
	return args
}
