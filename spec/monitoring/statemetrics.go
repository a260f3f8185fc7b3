package monitoring

import "github.com/vllm-eks/vllm-eks/internal/gpunodes"

// stateMetrics returns the values of kube-state-metrics.
func stateMetrics() map[string]any {
	return map[string]any{
		"affinity": gpunodes.Avoid(), "priorityClassName": ClusterCritical, "resources": resources("20m", "64Mi", "256Mi"),
		// Otherwise it may read every Secret of the cluster, to count them.
		"collectorsExclude": []any{"secrets", "configmaps"},
		// Series of labels have no other labels.
		"metricLabelsAllowlist": []any{
			"nodes=[node.kubernetes.io/instance-type,eks.amazonaws.com/capacityType,topology.kubernetes.io/zone,vllm-eks/node-group]",
			"pods=[app.kubernetes.io/name,app.kubernetes.io/instance]",
		},
		"rbac": map[string]any{"extraRules": []any{map[string]any{
			"apiGroups": []any{"keda.sh"}, "resources": []any{"scaledobjects"}, "verbs": []any{"list", "watch"},
		}}},
		"customResourceState": map[string]any{"enabled": true, "config": ScaledObjectState()},
	}
}

// ScaledObjectState returns the configuration with which kube-state-metrics reports the
// conditions of ScaledObjects, as kube_customresource_scaledobject_status_condition with the
// labels namespace, name and type. KEDA itself has no metric of its fallback.
// https://github.com/kubernetes/kube-state-metrics/blob/v2.20.0/docs/metrics/extend/customresourcestate-metrics.md
func ScaledObjectState() map[string]any {
	return map[string]any{"kind": "CustomResourceStateMetrics", "spec": map[string]any{"resources": []any{map[string]any{
		"groupVersionKind": map[string]any{"group": "keda.sh", "version": "v1alpha1", "kind": "ScaledObject"},
		"labelsFromPath":   map[string]any{"name": []any{"metadata", "name"}, "namespace": []any{"metadata", "namespace"}},
		"metrics": []any{map[string]any{
			"name": "scaledobject_status_condition", "help": "Conditions of ScaledObjects: 1 is true.",
			"each": map[string]any{"type": "Gauge", "gauge": map[string]any{
				"path": []any{"status", "conditions"}, "labelsFromPath": map[string]any{"type": []any{"type"}}, "valueFrom": []any{"status"},
			}},
		}},
	}}}}
}
