package monitoring

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
)

const (
	// FullName is the prefix of the names of all objects of the chart. Clients need it
	// for the name of Prometheus' Service.
	FullName = "kps"
	// UserKey is the key of Grafana's administrator name within a Secret.
	UserKey = "admin-user"
	// PasswordKey is the key of the administrator's password.
	PasswordKey = "admin-password"
	// ClusterCritical is a PriorityClass. With it, the programs that scale replicas stay
	// on a system node that is short of memory.
	ClusterCritical = "system-cluster-critical"
)

// StackValues returns the values of the chart kube-prometheus-stack.
func StackValues(s Spec) map[string]any {
	disabled := map[string]any{"enabled": false}
	return map[string]any{
		"fullnameOverride": FullName,
		// Pods cannot reach these components of EKS, so their rules are disabled too.
		"kubeEtcd":              disabled,
		"kubeScheduler":         disabled,
		"kubeControllerManager": disabled,
		// kube-proxy answers only on its node's loopback address.
		"kubeProxy":          disabled,
		"defaultRules":       rules(s),
		"prometheus":         prometheus(s),
		"prometheusOperator": operator(),
		"alertmanager":       alertmanager(s),
		"grafana":            GrafanaValues(s),
		"kube-state-metrics": stateMetrics(),
		// It uses the network and the disks of its node. The namespace of the other pods
		// does not permit that.
		"prometheus-node-exporter": map[string]any{
			"namespaceOverride": s.Namespace + NodesSuffix,
			"resources":         resources("20m", "32Mi", "128Mi"),
		},
	}
}

// rules disables alerts that fire on every cluster of this program: Prometheus has no
// Alertmanager unless it is installed, and a cluster whose nodes start on demand never
// has enough spare capacity to lose its largest node. Watchdog
// always fires by design, and InfoInhibitor whenever an alert of the severity info does.
func rules(s Spec) map[string]any {
	return map[string]any{
		"rules": map[string]any{"alertmanager": s.Alertmanager},
		"disabled": map[string]any{
			"PrometheusNotConnectedToAlertmanagers": !s.Alertmanager,
			"KubeCPUOvercommit":                     true,
			"KubeMemoryOvercommit":                  true,
			"Watchdog":                              true,
			"InfoInhibitor":                         true,
		},
	}
}

func prometheus(s Spec) map[string]any {
	spec := map[string]any{
		"replicas":  s.Replicas,
		"retention": fmt.Sprintf("%dd", s.RetentionDays),
		// Prometheus would stop when the disk is full.
		"retentionSize": fmt.Sprintf("%dGiB", s.StorageGiB*4/5),
		"storageSpec": map[string]any{"volumeClaimTemplate": map[string]any{"spec": map[string]any{
			"storageClassName": s.StorageClass,
			"accessModes":      []any{"ReadWriteOnce"},
			"resources":        map[string]any{"requests": map[string]any{"storage": fmt.Sprintf("%dGi", s.StorageGiB)}},
		}}},
		"affinity":                   gpunodes.Avoid(),
		"podAntiAffinity":            "soft",
		"podAntiAffinityTopologyKey": "topology.kubernetes.io/zone",
		"priorityClassName":          ClusterCritical,
		"resources":                  resources("200m", "1Gi", "4Gi"),
	}
	// Prometheus selects all objects of these kinds, not only those with the release's
	// label.
	for _, kind := range []string{"serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig"} {
		spec[kind+"SelectorNilUsesHelmValues"] = false
	}
	return map[string]any{
		"prometheusSpec": spec,
		// A budget for one replica would block every drain of its node.
		"podDisruptionBudget": map[string]any{"enabled": s.Replicas > 1, "minAvailable": 1},
	}
}

func operator() map[string]any {
	return map[string]any{
		"affinity":          gpunodes.Avoid(),
		"priorityClassName": ClusterCritical,
		"resources":         resources("50m", "128Mi", "512Mi"),
		"admissionWebhooks": map[string]any{"patch": map[string]any{"affinity": gpunodes.Avoid()}},
		"prometheusConfigReloader": map[string]any{
			"resources": resources("10m", "32Mi", "128Mi"),
		},
	}
}

// GrafanaValues returns the values of Grafana. They have no password, because Pulumi's
// state stores values unencrypted.
func GrafanaValues(s Spec) map[string]any {
	if !s.Grafana.Install {
		return map[string]any{"enabled": false}
	}
	values := map[string]any{
		"enabled":       true,
		"affinity":      gpunodes.Avoid(),
		"resources":     resources("50m", "256Mi", "512Mi"),
		"initChownData": map[string]any{"enabled": false}, // Grafana has no volume
		"testFramework": map[string]any{"enabled": false},
		// Grafana reads dashboards and data sources only in its own namespace: with a
		// ClusterRole it could read every Secret of the cluster.
		"rbac": map[string]any{"namespaced": true},
		"sidecar": map[string]any{
			"dashboards":  map[string]any{"searchNamespace": "", "resource": "configmap"},
			"datasources": map[string]any{"resource": "configmap"},
			"securityContext": map[string]any{
				"allowPrivilegeEscalation": false,
				"capabilities":             map[string]any{"drop": []any{"ALL"}},
				"seccompProfile":           map[string]any{"type": "RuntimeDefault"},
			},
		},
	}
	if s.Grafana.ExistingSecret != "" {
		values["admin"] = map[string]any{
			"existingSecret": s.Grafana.ExistingSecret, "userKey": UserKey, "passwordKey": PasswordKey,
		}
	}
	return values
}

// ExporterValues returns the values of the chart dcgm-exporter. The exporter runs on
// every node with GPUs; its default tolerations do not include the taint of those nodes.
func ExporterValues(s Spec) map[string]any {
	monitor := map[string]any{
		"enabled": s.ServiceMonitor, "interval": "15s",
		// The labels pod and namespace of a series name the replica that uses the GPU, as
		// in vLLM's series, and not the exporter.
		"honorLabels": true,
	}
	if len(s.Labels) > 0 {
		monitor["additionalLabels"] = chart.Labels(s.Labels)
	}
	return map[string]any{
		"affinity":       gpunodes.Only(),
		"tolerations":    gpunodes.Tolerate(),
		"serviceMonitor": monitor,
		// The chart's limit of 0.2 cores delays scrapes, so that probes restart the
		// exporter. The exporter uses 400 to 500 MiB with one GPU. If it used more than
		// its request, the kubelet could evict a replica, whose priority is lower.
		// https://github.com/NVIDIA/dcgm-exporter/issues/740 (2026-09)
		// https://github.com/NVIDIA/dcgm-exporter/issues/609
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "50m", "memory": "512Mi"},
			"limits":   map[string]any{"cpu": "2", "memory": "1Gi"},
		},
	}
}

// resources returns requests and limits. Cores have no limit, and these charts set none.
func resources(cpu, memory, memoryLimit string) map[string]any {
	return map[string]any{
		"requests": map[string]any{"cpu": cpu, "memory": memory},
		"limits":   map[string]any{"memory": memoryLimit},
	}
}
