package rules

import (
	"fmt"
	"time"

	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

const (
	// fewestWaiting is the number of waiting requests below which a queue is not an alert.
	fewestWaiting = 5
	// certificateDays is how long before its end an alert announces a certificate.
	certificateDays = 14
	// announced is how long before its begin extended support is announced, as in previews.
	announced = 60 * 24 * time.Hour
)

// scalingAlerts returns the alerts on the number of replicas.
func scalingAlerts() []alert {
	largest := fmt.Sprintf("%s >= on (namespace, service) %s", Existing, MaxReplicas)
	stuck := fmt.Sprintf("%s < on (namespace, service) %s and on (namespace, service) delta(%s[10m]) <= 0", Ready, Wanted, Ready)
	condition := fmt.Sprintf(`max by (namespace, name) (kube_customresource_scaledobject_status_condition{%s,type="Fallback"}) == 1`, stateJob)
	empty := fmt.Sprintf(`max by (exported_namespace, scaledResource) (increase(keda_scaler_empty_upstream_responses_total{%s}[5m])) > 0`, kedaJob)
	fallback := fmt.Sprintf(`max %s (label_replace(%s, "service", "$1", "name", "(.+)") or label_replace(label_replace(%s, "namespace", "$1", "exported_namespace", "(.+)"), "service", "$1", "scaledResource", "(.+)"))`,
		by, condition, empty)
	return []alert{
		{
			name: "VLLMQueueGrows", severity: Page, duration: "5m", dashboard: scalingDashboard,
			query:       limited(limited(fmt.Sprintf("%s > %d", Waiting, fewestWaiting), fmt.Sprintf("deriv(%s[10m]) > 0", Waiting)), fmt.Sprintf("%s or %s", largest, stuck)),
			summary:     "{{ $labels.service }}: the queue grows, and no capacity is added",
			description: "{{ $value }} requests of {{ $labels.namespace }}/{{ $labels.service }} wait, and their number grows. All replicas exist, or no further replica becomes ready.",
		},
		{
			// While no replica is ready, the fallback is intended: there are no metrics.
			name: "VLLMScalingFallback", severity: Ticket, duration: "5m", dashboard: scalingDashboard,
			query:       limited(fallback, Ready+" > 0"),
			summary:     "{{ $labels.service }}: KEDA has no metrics, and the fallback sets the replicas",
			description: "KEDA gets no result for a trigger of {{ $labels.namespace }}/{{ $labels.service }}. The number of replicas does not follow the load.",
		},
		{
			name: "VLLMSpotInterruption", severity: Ticket, dashboard: gpusDashboard,
			query: fmt.Sprintf(`max by (namespace, service, node) (%[1]s) * 0 + 1 and on (node) (max by (node) (kube_node_spec_unschedulable{%[2]s} == 1) and on (node) max by (node) (kube_node_labels{%[2]s,label_eks_amazonaws_com_capacity_type="SPOT"}) `+
				`unless on (node) max by (node) (kube_node_spec_taint{%[2]s,key="ToBeDeletedByClusterAutoscaler"}))`, vllm("up"), stateJob),
			summary:     "{{ $labels.service }}: the spot node {{ $labels.node }} is drained",
			description: "The spot node {{ $labels.node }} with a replica of {{ $labels.namespace }}/{{ $labels.service }} no longer accepts pods, and cluster-autoscaler did not choose it. AWS most likely takes it back.",
		},
	}
}

// platformAlerts returns the alerts on Prometheus and on certificates.
func platformAlerts() []alert {
	ratio := `max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes{persistentvolumeclaim=~"prometheus-.*"} / kubelet_volume_stats_capacity_bytes) < 0.1`
	return []alert{
		{
			name: "VLLMPrometheusDisk", severity: Ticket, duration: "5m", dashboard: stackDashboard,
			query: fmt.Sprintf(`label_replace(%s, "problem", "full", "", "") or label_replace(max by (namespace, pod) (increase(prometheus_tsdb_size_retentions_total[3h])) > 0, "problem", "retention", "", "")`,
				ratio),
			summary:     "Prometheus' disk is too small: {{ $labels.problem }}",
			description: `{{ if eq $labels.problem "full" }}The volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left.{{ else }}Prometheus deleted metrics before monitoring.retentionDays, because they no longer fit.{{ end }}`,
		},
		{
			name: "VLLMCertificateExpires", severity: Ticket, duration: "1h", dashboard: stackDashboard,
			query: fmt.Sprintf(`min by (instance) (probe_ssl_earliest_cert_expiry - time()) < %[1]d * 86400 or min by (namespace, name) (certmanager_certificate_expiration_timestamp_seconds - time()) < %[1]d * 86400`,
				certificateDays),
			summary:     "A certificate ends soon: {{ $labels.instance }}{{ $labels.name }}",
			description: "The certificate of {{ $labels.instance }}{{ $labels.name }} ends in {{ $value | humanizeDuration }}.",
		},
	}
}

// boundAlerts returns the alerts on the limits of the stack. A limit that is not set has no
// alert.
func boundAlerts(bounds monitoringspec.Bounds) []alert {
	var list []alert
	if bounds.MaxUSDPerHour > 0 {
		list = append(list, alert{
			name: "VLLMBudgetExceeded", severity: Ticket, duration: "15m", dashboard: stackDashboard,
			query:       fmt.Sprintf("sum(%s) + scalar(%s) > scalar(%s)", USDPerHour, SharedUSDPerHour, MaxUSDPerHour),
			summary:     "The stack costs more than limits.maxUsdPerHour",
			description: fmt.Sprintf("The replicas that exist and everything else cost {{ printf `%%.2f` $value }} USD/h. The limit is %g USD/h.", bounds.MaxUSDPerHour),
		})
	}
	if !bounds.ExtendedSupport.IsZero() {
		list = append(list, alert{
			name: "VLLMExtendedSupport", severity: Ticket, dashboard: stackDashboard,
			query:       fmt.Sprintf("%s - time() < %g", ExtendedSupport, announced.Seconds()),
			summary:     "Kubernetes {{ $labels.version }} is in extended support, or will be soon",
			description: fmt.Sprintf("Extended support of Kubernetes {{ $labels.version }} begins on %s. The control plane then costs six times as much.", bounds.ExtendedSupport.Format("2006-01-02")),
		})
	}
	return list
}
