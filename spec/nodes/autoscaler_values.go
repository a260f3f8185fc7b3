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
// autoDiscovery, which needs the cluster's name from another resource.
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
		// One replica works and the other waits. With only one, the failure of its node
		// would stop the program that starts a new node.
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

// expander returns the autoscaler's expanders: priority comes first if the spec has
// priorities.
func (s AutoscalerSpec) expander() string {
	if len(s.Priorities) > 0 {
		return "priority," + s.Expander
	}
	return s.Expander
}

// autoscalerArguments returns arguments with which nodes are removed slowly, and never
// while a replica runs on them. Replicas, also loading ones, have the annotation
// cluster-autoscaler.kubernetes.io/safe-to-evict=false, and no argument overrides it.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-are-the-parameters-to-ca
func autoscalerArguments(s AutoscalerSpec) map[string]any {
	unneeded := fmt.Sprintf("%dm", s.UnneededMinutes)
	return map[string]any{
		"expander": s.expander(),
		// The groups of the same kind of node in several zones grow evenly.
		"balance-similar-node-groups": true,
		"scale-down-unneeded-time":    unneeded,
		// The pods for which a node was started need time to arrive.
		"scale-down-delay-after-add": unneeded,
		// Scratch space and add-ons do not stop the removal of a node; otherwise the
		// number of system nodes would never shrink. PodDisruptionBudgets keep the
		// add-ons available.
		"skip-nodes-with-local-storage": false,
		"skip-nodes-with-system-pods":   false,
		// DaemonSets run on every node, so they do not keep a node.
		"ignore-daemonsets-utilization": true,
	}
}

// AutoscalerPolicy returns the policy of the autoscaler's role, which may read the groups
// of the account and change the size of this cluster's groups. EKS tags the groups with
// the cluster's name.
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
		// The autoscaler reads labels and taints of groups that never had a node.
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
