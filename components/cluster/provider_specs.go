package cluster

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	clusterspec "github.com/vllm-eks/vllm-eks/spec/cluster"
)

// existingProvider returns the arguments of the provider of an existing cluster. A
// change of the cluster identifier replaces every object, so the identifier of the
// first update stays (see firstIdentifier). A renamed context, a moved kubeconfig or
// new credentials replace nothing. The configuration checks that the context still
// names the same cluster.
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

// createdProvider returns the arguments of the provider of a created cluster. The
// kubeconfig is not known before the cluster exists, and changes with the certificate
// of the cluster. Neither may replace objects, so the identifier is the cluster's
// name. Objects of an unreachable cluster stay in the state: most outages end, and an
// Ingress that leaves the state would leave its load balancer in AWS.
func createdProvider(s clusterspec.Spec, kubeconfig pulumi.StringOutput) *kubernetes.ProviderArgs {
	return &kubernetes.ProviderArgs{
		ClusterIdentifier:     pulumi.String(s.Region + "/" + s.Name),
		EnableServerSideApply: pulumi.Bool(true),
		Kubeconfig: kubeconfig.ApplyT(func(text string) (string, error) {
			return kubeconfigFor(text, s.Region, s.Profile)
		}).(pulumi.StringOutput),
	}
}

// kubeconfigFor returns a kubeconfig whose `aws eks get-token` uses the cluster's
// region and the stack's profile, and not those of the shell. A kubeconfig of
// pulumi-eks runs this command for each new token.
func kubeconfigFor(text, region, profile string) (string, error) {
	var config map[string]any
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return "", fmt.Errorf("the kubeconfig of the cluster: %w", err)
	}
	users, _ := config["users"].([]any)
	for _, user := range users {
		entry, _ := user.(map[string]any)
		credentials, _ := entry["user"].(map[string]any)
		exec, ok := credentials["exec"].(map[string]any)
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
