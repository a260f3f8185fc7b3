package cluster

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	clusterspec "github.com/vllm-eks/vllm-eks/spec/cluster"
)

// existingProvider is the provider of an existing cluster. The cluster
// identifier decides when everything on the cluster is replaced, and the one of
// the first update stays (see firstIdentifier): neither another name of the
// context, nor another place of the kubeconfig, nor new credentials replace
// anything. That the context is still of the same cluster is checked before.
func existingProvider(e clusterspec.Existing) *kubernetes.ProviderArgs {
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

// ownProvider is the provider of a cluster that is made. Its kubeconfig is not
// known before there is one, and changes with the certificate of the cluster,
// which must replace nothing: the identifier is the cluster's name. Objects of a
// cluster that does not answer stay in the state, since most such silences end,
// and an Ingress that is forgotten leaves its load balancer behind.
func ownProvider(s clusterspec.Spec, kubeconfig pulumi.StringOutput) *kubernetes.ProviderArgs {
	return &kubernetes.ProviderArgs{
		ClusterIdentifier:     pulumi.String(s.Region + "/" + s.Name),
		EnableServerSideApply: pulumi.Bool(true),
		Kubeconfig: kubeconfig.ApplyT(func(text string) (string, error) {
			return kubeconfigFor(text, s.Region, s.Profile)
		}).(pulumi.StringOutput),
	}
}

// kubeconfigFor has `aws eks get-token`, which a kubeconfig of pulumi-eks runs
// for a token that never is too old, ask the cluster's region with the stack's
// profile, whatever the shell's are.
func kubeconfigFor(text, region, profile string) (string, error) {
	var config map[string]any
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return "", fmt.Errorf("the kubeconfig of the cluster: %w", err)
	}
	users, _ := config["users"].([]any)
	for _, user := range users {
		entry, _ := user.(map[string]any)
		of, _ := entry["user"].(map[string]any)
		exec, ok := of["exec"].(map[string]any)
		if !ok {
			return "", fmt.Errorf("the kubeconfig of the cluster has a user that does not ask AWS for a token")
		}
		args, _ := exec["args"].([]any)
		exec["args"] = append(args, "--region", region)
		if profile != "" {
			env, _ := exec["env"].([]any)
			exec["env"] = append(env, map[string]any{"name": "AWS_PROFILE", "value": profile})
		}
	}
	out, err := json.Marshal(config)
	return string(out), err
}
