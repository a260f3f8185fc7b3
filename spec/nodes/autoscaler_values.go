package nodes

import (
	"fmt"
	"strconv"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
	"github.com/vllm-eks/vllm-eks/internal/iampolicy"
	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// AutoscalerValues returns the values of the chart cluster-autoscaler, without
// autoDiscovery, for which another resource has the cluster's name.
func AutoscalerValues(s AutoscalerSpec, region string) map[string]any {
	monitor := map[string]any{"enabled": s.ServiceMonitor, "interval": "30s", "namespace": AutoscalerNamespace}
	if len(s.Labels) > 0 {
		monitor["selector"] = chart.Labels(s.Labels)
	}
	values := map[string]any{
		"cloudProvider":    "aws",
		"awsRegion":        region,
		"fullnameOverride": "cluster-autoscaler",
		"image":            map[string]any{"tag": versions.ClusterAutoscalerTag(s.KubernetesMinor)},
		"extraArgs":        autoscalerArguments(s),
		"rbac":             map[string]any{"serviceAccount": map[string]any{"create": true, "name": AutoscalerAccount}},
		// One works. Without the other, a node that dies with it takes along what would
		// start its successor.
		"replicaCount":        2,
		"podDisruptionBudget": map[string]any{"maxUnavailable": 1},
		"affinity":            gpunodes.Apart(map[string]any{"app.kubernetes.io/instance": versions.ClusterAutoscaler.Name}),
		"priorityClassName":   "system-cluster-critical",
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "50m", "memory": "300Mi"},
			"limits":   map[string]any{"memory": "1Gi"},
		},
		"securityContext": map[string]any{
			"runAsNonRoot":   true,
			"runAsUser":      65534,
			"runAsGroup":     65534,
			"seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
		"containerSecurityContext": map[string]any{
			"allowPrivilegeEscalation": false,
			"capabilities":             map[string]any{"drop": []any{"ALL"}},
			"readOnlyRootFilesystem":   true,
		},
		"serviceMonitor": monitor,
	}
	if len(s.Priorities) > 0 {
		priorities := map[string]any{}
		for priority, groups := range s.Priorities {
			names := make([]any, len(groups))
			for i, group := range groups {
				names[i] = group
			}
			priorities[strconv.Itoa(priority)] = names
		}
		values["expanderPriorities"] = priorities
	}
	return values
}

// expander returns how the autoscaler chooses among groups: by priority first,
// if there are some.
func (s AutoscalerSpec) expander() string {
	if len(s.Priorities) > 0 {
		return "priority," + s.Expander
	}
	return s.Expander
}

// autoscalerArguments have nodes go slowly, and never with an engine on them:
// engines say by cluster-autoscaler.kubernetes.io/safe-to-evict=false that they
// are not to be evicted, loading ones too, which nothing here overrules.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-are-the-parameters-to-ca
func autoscalerArguments(s AutoscalerSpec) map[string]any {
	unneeded := fmt.Sprintf("%dm", s.UnneededMinutes)
	return map[string]any{
		"expander": s.expander(),
		// The groups of one kind of node in several zones grow alike.
		"balance-similar-node-groups": true,
		"scale-down-unneeded-time":    unneeded,
		// Not before what it was started for has come to it.
		"scale-down-delay-after-add": unneeded,
		// Scratch space and add-ons hold no node back, or system nodes would only ever
		// grow in number; budgets see to it that add-ons stay.
		"skip-nodes-with-local-storage": false,
		"skip-nodes-with-system-pods":   false,
		// What runs on every node anyway is no reason to keep one.
		"ignore-daemonsets-utilization": true,
	}
}

// AutoscalerPolicy returns the policy of the autoscaler's role, which may read the
// groups of the account and change the size of this cluster's groups, which EKS tags by
// its name.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
func AutoscalerPolicy(region, cluster string) (string, error) {
	arn := func(service, resource string) string {
		return fmt.Sprintf("arn:%s:%s:%s:*:%s", partition.Of(region), service, region, resource)
	}
	return iampolicy.JSON(
		iampolicy.Statement{
			Sid: "Read",
			Actions: []string{
				"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeLaunchConfigurations",
				"autoscaling:DescribeScalingActivities", "autoscaling:DescribeTags",
				"ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions",
				"ec2:GetInstanceTypesFromInstanceRequirements",
			},
			Resources: []string{"*"},
		},
		// Labels and taints of groups that never had a node.
		iampolicy.Statement{
			Sid: "ReadGroups", Actions: []string{"eks:DescribeNodegroup"},
			Resources: []string{arn("eks", "nodegroup/"+cluster+"/*/*")},
		},
		iampolicy.Statement{
			Sid:       "Resize",
			Actions:   []string{"autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"},
			Resources: []string{arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")},
			Condition: iampolicy.Condition{"StringEquals": {
				"aws:ResourceTag/k8s.io/cluster-autoscaler/enabled":    {"true"},
				"aws:ResourceTag/k8s.io/cluster-autoscaler/" + cluster: {"owned"},
			}},
		},
	)
}
