package rules

import "fmt"

const (
	// longPending is how long a pod may be pending: a node starts, and an image is pulled.
	longPending = "15m"
	// slowFactor is by how much a start may take longer than predicted.
	slowFactor = 2
	// lastingCrashes is the number of restarts in an hour that counts as a crash loop. The
	// wait between restarts is at most five minutes, to which the start of vLLM adds.
	lastingCrashes = 3
)

// replicaAlerts returns the alerts on replicas that run.
func replicaAlerts() []alert {
	requests := fmt.Sprintf("max by (namespace, service, pod, engine) (%s) > 0", vllm("vllm:num_requests_running"))
	// A scrape may be two minutes after the one before.
	still := fmt.Sprintf("max by (namespace, service, pod, engine) (rate(%s[4m])) == 0", vllm("vllm:iteration_tokens_total_count"))
	pressure := fmt.Sprintf("%s > 0 or on (namespace, service) %s > 0", Waiting, Preemptions)
	return []alert{
		{
			name: "VLLMNoReplicaReady", severity: Page, duration: "5m", dashboard: modelDashboard,
			query:       limited(limited(Ready+" == 0", MinReplicas+" > 0"), fmt.Sprintf("max_over_time(%s[1h]) > 0", Ready)),
			summary:     "{{ $labels.service }}: no replica is ready",
			description: "{{ $labels.namespace }}/{{ $labels.service }} had ready replicas in the last hour, and has none now. All requests fail.",
		},
		{
			name: "VLLMReplicaHung", severity: Page, duration: "1m", dashboard: modelDashboard,
			query:       fmt.Sprintf("%s and %s", requests, still),
			summary:     "{{ $labels.service }}: {{ $labels.pod }} has requests and computes nothing",
			description: "The replica {{ $labels.namespace }}/{{ $labels.pod }} has {{ $value }} running requests, and has completed no step for about five minutes.",
		},
		{
			name: "VLLMKVCacheFull", severity: Ticket, duration: "10m", dashboard: modelDashboard,
			query:       limited(KVUsage+" > 0.95", pressure),
			summary:     "{{ $labels.service }}: the KV cache is full",
			description: "The KV cache of a replica of {{ $labels.namespace }}/{{ $labels.service }} is {{ $value | humanizePercentage }} full, and requests wait or are preempted.",
		},
		{
			name: "VLLMMetricsMissing", severity: Ticket, duration: "10m", dashboard: modelDashboard,
			query: fmt.Sprintf(`label_replace(%s > 0 unless on (namespace, service) %s, "exporter", "vllm", "", "") or label_replace(max %s (%s) unless on (namespace, service) %s, "exporter", "kube-state-metrics", "", "")`,
				Ready, Running, by, Info, Ready),
			summary:     "{{ $labels.service }}: Prometheus has no metrics of {{ $labels.exporter }}",
			description: "Prometheus has no series of {{ $labels.exporter }} for {{ $labels.namespace }}/{{ $labels.service }}. Scaling or alerts do not work without them.",
		},
		{
			name: "VLLMKVCacheOffPrediction", severity: Ticket, duration: "15m", dashboard: modelDashboard,
			query:       fmt.Sprintf("abs(%s / on (namespace, service) %s - 1) > 0.1", KVTokens, PredictedKVTokens),
			summary:     "{{ $labels.service }}: the KV cache differs from its prediction",
			description: "The KV cache of a replica of {{ $labels.namespace }}/{{ $labels.service }} differs from the predicted size by {{ $value | humanizePercentage }}. The replica holds another number of requests than planned.",
		},
	}
}

// startAlerts returns the alerts on replicas that do not start.
func startAlerts() []alert {
	ofPods := func(metric, matchers string) string {
		return ofModels("(" + ServiceOf(fmt.Sprintf("max by (namespace, pod) (%s{%s%s})", metric, stateJob, matchers)) + ")")
	}
	// While an image cannot be pulled, the reason alternates between these two. The alert
	// must not begin again with each change.
	waiting := fmt.Sprintf(`max by (namespace, pod, reason) (label_replace(kube_pod_container_status_waiting_reason{%s} == 1, "reason", "ImagePullBackOff", "reason", "ErrImagePull"))`, stateJob)
	unschedulable := fmt.Sprintf(`label_replace(max by (namespace, pod) (kube_pod_status_unschedulable{%s} == 1), "reason", "Unschedulable", "", "")`, stateJob)
	pending := fmt.Sprintf(`max by (namespace, pod) (kube_pod_status_phase{%s,phase="Pending"} == 1)`, stateJob)
	unready := fmt.Sprintf(`max by (namespace, pod) (kube_pod_status_ready{%s,condition="true"}) == 0`, stateJob)
	restarts := fmt.Sprintf(`max by (namespace, pod) (increase(kube_pod_container_status_restarts_total{%s,container="vllm"}[1h]))`, stateJob)
	// A range has the series of a deleted pod, too.
	alive := fmt.Sprintf(`max by (namespace, pod) (kube_pod_status_phase{%s,phase=~"Pending|Running"} == 1)`, stateJob)
	ended := fmt.Sprintf(`max by (namespace, pod) (kube_pod_status_phase{%s,phase=~"Succeeded|Failed"} == 1)`, stateJob)
	expected := fmt.Sprintf(`%d * sum by (namespace, service) (%s{phase=~"image|load"})`, slowFactor, PredictedColdStart)
	age := fmt.Sprintf("time() - (%s)", ofPods("kube_pod_status_scheduled_time", ""))
	return []alert{
		{
			name: "VLLMPodPending", severity: Ticket, duration: longPending, dashboard: scalingDashboard,
			query:       ofModels("(" + ServiceOf(fmt.Sprintf("(%s or %s) and on (namespace, pod) %s", waiting, unschedulable, pending)) + ")"),
			summary:     "{{ $labels.service }}: {{ $labels.pod }} is pending: {{ $labels.reason }}",
			description: "The pod {{ $labels.namespace }}/{{ $labels.pod }} has been pending for 15 minutes. Reason: {{ $labels.reason }}.",
		},
		{
			name: "VLLMReplicaCrashes", severity: Ticket, dashboard: modelDashboard,
			query:       ofModels("(" + ServiceOf(fmt.Sprintf("%s >= %g and on (namespace, pod) %s", restarts, lastingCrashes-0.5, alive)) + ")"),
			summary:     "{{ $labels.service }}: {{ $labels.pod }} crashes again and again",
			description: "The container vllm of {{ $labels.namespace }}/{{ $labels.pod }} restarted {{ $value | printf `%.0f` }} times in an hour.",
		},
		{
			name: "VLLMStartSlow", severity: Ticket, duration: "1m", dashboard: scalingDashboard,
			query:       fmt.Sprintf("((%s) > on (namespace, service) group_left () %s) and on (namespace, pod) %s unless on (namespace, pod) %s", age, expected, unready, ended),
			summary:     "{{ $labels.service }}: {{ $labels.pod }} is not ready after twice the expected time",
			description: "The pod {{ $labels.namespace }}/{{ $labels.pod }} has had a node for {{ $value | humanizeDuration }} and is not ready. This is more than twice the predicted start.",
		},
	}
}
