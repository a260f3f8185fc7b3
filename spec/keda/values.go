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
// No NetworkPolicy is set: the namespace has none that denies, and KEDA's parts
// need the API server, each other, Prometheus wherever it is, and to be reached
// by the control plane.
func Values(s Spec) map[string]any {
	return map[string]any{
		// Kept when the release goes: removing one removes every ScaledObject of the
		// cluster, those of others too.
		"crds":          map[string]any{"install": true, "additionalAnnotations": map[string]any{"helm.sh/resource-policy": "keep"}},
		"image":         map[string]any{"pullPolicy": "IfNotPresent"}, // tags do not move
		"operator":      part(operator, s.Replicas),
		"metricsServer": part(metricsServer, s.Replicas),
		// A webhook that does not answer stops no deployment: what it refuses, KEDA
		// refuses later.
		"webhooks": withFailurePolicy(part(webhooks, s.Replicas), "Ignore"),
		"podDisruptionBudget": map[string]any{
			"operator": budget(), "metricServer": budget(), "webhooks": budget(),
		},
		"resources": map[string]any{
			"operator":     resources("100m", "128Mi", "1000Mi"),
			"metricServer": resources("100m", "128Mi", "1000Mi"),
			"webhooks":     resources("10m", "32Mi", "256Mi"),
		},
		// What engines are scaled by is no secret, and engines are Deployments: KEDA
		// reads the Secrets of its own namespace, and scales nothing else.
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

// budget lets a node be drained whatever the number of replicas is.
func budget() map[string]any { return map[string]any{"maxUnavailable": 1} }

// resources states the limit of cores, since the chart would limit them to one.
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
