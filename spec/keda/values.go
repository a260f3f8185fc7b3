package keda

import (
	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
)

const (
	operator      = "keda-operator"
	metricsServer = "keda-operator-metrics-apiserver"
	webhooks      = "keda-admission-webhooks"
)

// Values returns the values of the chart keda.
//
// The values have no NetworkPolicy, because no policy denies traffic in the namespace.
// KEDA's parts connect to the API server, to each other and to Prometheus, and the
// control plane connects to them.
func Values(s Spec) map[string]any {
	return map[string]any{
		// Helm keeps the definitions when the release is removed: without them,
		// Kubernetes would delete every ScaledObject of the cluster, also those of other
		// owners.
		"crds":          map[string]any{"install": true, "additionalAnnotations": map[string]any{"helm.sh/resource-policy": "keep"}},
		"image":         map[string]any{"pullPolicy": "IfNotPresent"}, // tags do not change
		"operator":      part(operator, s.Replicas),
		"metricsServer": part(metricsServer, s.Replicas),
		// If the webhook does not answer, deployments continue. KEDA refuses wrong
		// objects later.
		"webhooks": withFailurePolicy(part(webhooks, s.Replicas), "Ignore"),
		"podDisruptionBudget": map[string]any{
			"operator": budget(), "metricServer": budget(), "webhooks": budget(),
		},
		"resources": map[string]any{
			"operator":     resources("100m", "128Mi", "1000Mi"),
			"metricServer": resources("100m", "128Mi", "1000Mi"),
			"webhooks":     resources("10m", "32Mi", "256Mi"),
		},
		// KEDA needs no Secrets to scale replicas, and replicas belong to Deployments. So
		// KEDA may read only the Secrets of its own namespace, and scale only
		// Deployments.
		"permissions": map[string]any{
			"operator":     map[string]any{"restrict": map[string]any{"secret": true}},
			"metricServer": map[string]any{"restrict": map[string]any{"secret": true}},
		},
		"rbac": map[string]any{"enabledCustomScaledRefKinds": false},
		"prometheus": map[string]any{
			"operator": metrics(s), "metricServer": metrics(s), "webhooks": metrics(s),
		},
		"priorityClassName": "system-cluster-critical",
	}
}

func part(name string, replicas int) map[string]any {
	return map[string]any{"replicaCount": replicas, "affinity": gpunodes.Apart(map[string]any{"app": name})}
}

func withFailurePolicy(part map[string]any, policy string) map[string]any {
	part["failurePolicy"] = policy
	return part
}

// budget returns a PodDisruptionBudget that allows drains with any number of replicas.
func budget() map[string]any { return map[string]any{"maxUnavailable": 1} }

// resources returns requests and limits. It includes a limit of cores, because the
// chart's default is one core.
func resources(cpu, memory, memoryLimit string) map[string]any {
	return map[string]any{
		"requests": map[string]any{"cpu": cpu, "memory": memory},
		"limits":   map[string]any{"cpu": "2", "memory": memoryLimit},
	}
}

func metrics(s Spec) map[string]any {
	monitor := map[string]any{"enabled": s.ServiceMonitor}
	if len(s.Labels) > 0 {
		monitor["additionalLabels"] = chart.Labels(s.Labels)
	}
	return map[string]any{"enabled": true, "serviceMonitor": monitor}
}
