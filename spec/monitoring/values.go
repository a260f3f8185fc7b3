package monitoring

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/gpunodes"
)

const (
	// FullName begins the names of everything that the chart creates: others know
	// Prometheus' Service by it.
	FullName = "kps"
	// UserKey is the key of the name of Grafana's administrator within a Secret.
	UserKey = "admin-user"
	// PasswordKey is the key of the administrator's password.
	PasswordKey = "admin-password"
	// ClusterCritical keeps what replicas are scaled by on a system node that is short
	// of memory.
	ClusterCritical = "system-cluster-critical"
)

// StackValues returns the values of the chart kube-prometheus-stack.
func StackValues(s Spec) map[string]any {
	disabled := map[string]any{"enabled": false}
	return map[string]any{
		"fullnameOverride": FullName,
		// EKS has these where nothing can reach them; their rules go with them.
		"kubeEtcd":              disabled,
		"kubeScheduler":         disabled,
		"kubeControllerManager": disabled,
		// It answers on its own node's loopback alone.
		"kubeProxy":          disabled,
		"defaultRules":       rules(s),
		"prometheus":         prometheus(s),
		"prometheusOperator": operator(),
		"alertmanager":       alertmanager(s),
		"grafana":            GrafanaValues(s),
		"kube-state-metrics": stateMetrics(),
		// It has the network and the disks of its node, which the other pods' namespace
		// does not admit.
		"prometheus-node-exporter": map[string]any{
			"namespaceOverride": s.Namespace + NodesSuffix,
			"resources":         resources("20m", "32Mi", "128Mi"),
		},
	}
}

// rules leaves out alerts that fire on every cluster of this program: without an
// Alertmanager, none is connected; and nodes that start when they are needed are
// never enough to do without the largest. Watchdog fires always by design, and
// InfoInhibitor whenever an alert of the severity info does.
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
		// Before the disk is full, at which Prometheus would stop.
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
	// Whatever is there is looked at, and not only what has the release's label.
	for _, kind := range []string{"serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig"} {
		spec[kind+"SelectorNilUsesHelmValues"] = false
	}
	return map[string]any{
		"prometheusSpec": spec,
		// With one there is none: it would let no node be drained.
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

// GrafanaValues has no password in its values: they are in Pulumi's state.
func GrafanaValues(s Spec) map[string]any {
	if !s.Grafana.Install {
		return map[string]any{"enabled": false}
	}
	values := map[string]any{
		"enabled":       true,
		"affinity":      gpunodes.Avoid(),
		"resources":     resources("50m", "256Mi", "512Mi"),
		"initChownData": map[string]any{"enabled": false}, // there is no volume to own
		"testFramework": map[string]any{"enabled": false},
		// Dashboards and data sources are read in its own namespace alone: with a
		// ClusterRole it may read every Secret of the cluster.
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

// ExporterValues returns the values of the chart dcgm-exporter. It runs on every node
// with GPUs; what else it tolerates by default does not have their taint among it.
func ExporterValues(s Spec) map[string]any {
	monitor := map[string]any{
		"enabled": s.ServiceMonitor, "interval": "15s",
		// The pod and the namespace of a series are those of the replica that has the
		// GPU, as in the series of vLLM, and not those of the exporter.
		"honorLabels": true,
	}
	if len(s.Labels) > 0 {
		monitor["additionalLabels"] = chart.Labels(s.Labels)
	}
	return map[string]any{
		"affinity":       gpunodes.Only(),
		"tolerations":    gpunodes.Tolerate(),
		"serviceMonitor": monitor,
		// The chart's own limit of 0.2 cores makes scrapes late, and probes restart it. It
		// holds 400 to 500 MiB on one GPU; above its request it would not be evicted, but
		// a replica, whose priority is lower.
		// https://github.com/NVIDIA/dcgm-exporter/issues/740 (2026-09)
		// https://github.com/NVIDIA/dcgm-exporter/issues/609
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "50m", "memory": "512Mi"},
			"limits":   map[string]any{"cpu": "2", "memory": "1Gi"},
		},
	}
}

// resources requests and limits. Cores are not limited, and these charts have no
// limit of their own.
func resources(cpu, memory, memoryLimit string) map[string]any {
	return map[string]any{
		"requests": map[string]any{"cpu": cpu, "memory": memory},
		"limits":   map[string]any{"memory": memoryLimit},
	}
}
