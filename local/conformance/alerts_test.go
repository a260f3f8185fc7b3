package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// watched is the model of the tests of rules.
func watched() []monitoring.Model {
	return []monitoring.Model{{
		Namespace: "inference", Service: "chat", ID: "org/model", MinReplicas: 1, MaxReplicas: 4, TTFTSeconds: 2, TPOTSeconds: 0.1, Share: 0.95,
		Triggers: []monitoring.Trigger{{Name: "load", Target: 20}, {Name: "kv-cache", Target: 0.8}},
		Predicted: monitoring.Predicted{
			USDPerHour: 2, USDPerMillionTokens: 0.5, KVTokens: 100000, Concurrency: 40, NodeSeconds: 120, ImageSeconds: 60, LoadSeconds: 240,
		},
	}}
}

// limited are the limits of the tests. The time of promtool begins at 0, so that sixty days before
// extended support is at ten minutes.
func limited() monitoring.Bounds {
	return monitoring.Bounds{MaxUSDPerHour: 6, SharedUSDPerHour: 1, KubernetesVersion: "1.35", ExtendedSupport: time.Unix(60*24*3600+600, 0).UTC()}
}

// TestRulesAreAccepted checks every rule with promtool: its structure, query and templates.
func TestRulesAreAccepted(t *testing.T) {
	promtool(t, []string{"check", "rules", "--lint=all", "--lint-fatal", "rules.json"}, map[string]any{
		"rules.json": map[string]any{"groups": rules.Groups(watched(), limited())},
	})
}

// alertCase is the test of an alert: it is silent, fires and ends. The interval of the series is
// 30 s, so a minute has two values.
type alertCase struct {
	name string
	// labels are those of the firing alert beside alertname, alertstate and severity.
	labels   string
	severity string
	series   string
	// silent, firing and ended are minutes. If ended is 0, only another configuration ends
	// the alert.
	silent, firing, ended float64
	// annotations are those of the firing alert. Default: not compared.
	annotations map[string]string
}

const (
	ofChat  = `job="vllm",namespace="inference",service="chat",pod="chat-6c9d-x2x1z",engine="0",node="n1"`
	ofState = `job="kube-state-metrics",namespace="inference"`
	ofPod   = ofState + `,pod="chat-6c9d-x2x1z"`
)

// late are requests, one a second, of which all are late in the second hour, or in the minutes
// after the first hour.
func late(minutes int) string {
	n := 2 * minutes
	good := fmt.Sprintf("0+30x119 3570x%d 3600+30x300", n-1)
	return strings.NewReplacer("GOOD", good, "EVERY", "0+30x540", "OF", ofChat).Replace(`
		vllm:time_to_first_token_seconds_bucket{OF,le="1"}  GOOD
		vllm:time_to_first_token_seconds_bucket{OF,le="2.5"}  GOOD
		vllm:time_to_first_token_seconds_bucket{OF,le="+Inf"}  EVERY
		vllm:request_time_per_output_token_seconds_bucket{OF,le="0.1"}  EVERY
		vllm:request_time_per_output_token_seconds_bucket{OF,le="+Inf"}  EVERY
		vllm:request_success_total{OF,finished_reason="stop"}  EVERY
	`)
}

func alertCases() []alertCase {
	return slices.Concat(objectiveCases(), replicaCases(), startCases(), scalingCases(), stackCases())
}

func objectiveCases() []alertCase {
	return []alertCase{
		// 72 % of the requests of an hour are late after 43 minutes, and for two more.
		{name: "VLLMObjectivesMissed", severity: "page", labels: `window="1h"`, series: late(60), silent: 100, firing: 110, ended: 130},
		// 30 % of all requests are late after 26 minutes, and for 15 more.
		{name: "VLLMObjectivesMissed", severity: "page", labels: `window="6h"`, series: late(60), silent: 98, firing: 108, ended: 150},
		// 5 % of all requests are late from the fourth minute until 200 minutes have passed, and for an hour.
		{name: "VLLMObjectivesMissed", severity: "ticket", labels: `window="3d"`, series: late(10), silent: 120, firing: 140, ended: 210},
		// Requests that fail count, too.
		{name: "VLLMObjectivesMissed", severity: "page", labels: `window="1h"`, silent: 100, firing: 110, ended: 130, series: strings.ReplaceAll(`
			vllm:request_success_total{OF,finished_reason="stop"}  0+30x119 3570x119 3600+30x300
			vllm:request_success_total{OF,finished_reason="error"}  0x119 30+30x119 3600x300
		`, "OF", ofChat)},
	}
}

func replicaCases() []alertCase {
	const pod = `,pod="chat-6c9d-x2x1z"`
	return []alertCase{
		{name: "VLLMNoReplicaReady", severity: "page", silent: 34, firing: 36, ended: 52, series: `
			kube_deployment_status_replicas_ready{` + ofState + `,deployment="chat"}  1x59 0x40 1x60`},
		{name: "VLLMReplicaHung", severity: "page", labels: `engine="0"` + pod, silent: 13, firing: 17, ended: 28, series: `
			vllm:num_requests_running{` + ofChat + `}  3x80
			vllm:iteration_tokens_total_count{` + ofChat + `}  0+10x20 200x30 210+10x40`},
		{name: "VLLMKVCacheFull", severity: "ticket", silent: 19, firing: 21, ended: 32, series: `
			vllm:kv_cache_usage_perc{` + ofChat + `}  0.5x19 0.99x40 0.5x20
			vllm:num_requests_waiting{` + ofChat + `}  2x80`},
		{name: "VLLMMetricsMissing", severity: "ticket", labels: `exporter="vllm"`, silent: 24, firing: 26, ended: 42, series: `
			kube_deployment_status_replicas_ready{` + ofState + `,deployment="chat"}  1x100
			vllm:num_requests_running{` + ofChat + `}  0x19 _x60 0x20`},
		{name: "VLLMMetricsMissing", severity: "ticket", labels: `exporter="kube-state-metrics"`, silent: 9, firing: 11, ended: 21, series: `
			kube_deployment_status_replicas_ready{` + ofState + `,deployment="chat"}  _x39 1x60`},
		{name: "VLLMKVCacheOffPrediction", severity: "ticket", silent: 14, firing: 16, ended: 22, series: `
			vllm:cache_config_info{job="vllm",namespace="inference",service="chat",pod="a",kv_cache_size_tokens="80000"}  1x40 stale
			vllm:cache_config_info{job="vllm",namespace="inference",service="chat",pod="b",kv_cache_size_tokens="104000"}  _x40 1x40`},
	}
}

func startCases() []alertCase {
	const pod = `,pod="chat-6c9d-x2x1z"`
	return []alertCase{
		{name: "VLLMPodPending", severity: "ticket", labels: `reason="Unschedulable"` + pod, silent: 14, firing: 16, ended: 22, series: `
			kube_pod_status_phase{` + ofPod + `,phase="Pending"}  1x41 0x40
			kube_pod_status_unschedulable{` + ofPod + `}  1x41 stale`, annotations: map[string]string{
			"summary":     "chat: chat-6c9d-x2x1z is pending: Unschedulable",
			"description": "The pod inference/chat-6c9d-x2x1z has been pending for 15 minutes. Reason: Unschedulable.",
			"dashboard":   "vllm-eks-scaling",
			"runbook_url": "https://github.com/vllm-eks/vllm-eks/blob/main/docs/runbooks/VLLMPodPending.md",
		}},
		{name: "VLLMPodPending", severity: "ticket", labels: `reason="ImagePullBackOff"` + pod, silent: 14, firing: 16, ended: 22, series: `
			kube_pod_status_phase{` + ofPod + `,phase="Pending"}  1x41 0x40
			kube_pod_container_status_waiting_reason{` + ofPod + `,container="vllm",reason="ImagePullBackOff"}  1x41 stale`},
		// The kubelet tries again and again to pull the image.
		{name: "VLLMPodPending", severity: "ticket", labels: `reason="ImagePullBackOff"` + pod, silent: 14, firing: 16, ended: 22, series: `
			kube_pod_status_phase{` + ofPod + `,phase="Pending"}  1x41 0x40
			kube_pod_container_status_waiting_reason{` + ofPod + `,container="vllm",reason="ImagePullBackOff"}  1x9 stale _x2 1x9 stale _x2 1x16 stale
			kube_pod_container_status_waiting_reason{` + ofPod + `,container="vllm",reason="ErrImagePull"}  _x10 1 1 1 stale _x9 1 1 1 stale`},
		{name: "VLLMReplicaCrashes", severity: "ticket", labels: strings.TrimPrefix(pod, ","), silent: 19, firing: 32, ended: 41, series: `
			kube_pod_container_status_restarts_total{` + ofPod + `,container="vllm"}  0x20 1x20 2x20 3x18 stale
			kube_pod_status_phase{` + ofPod + `,phase="Running"}  1x79 stale`},
		{name: "VLLMStartSlow", severity: "ticket", labels: strings.TrimPrefix(pod, ","), silent: 11, firing: 13, ended: 22, series: `
			kube_pod_status_scheduled_time{` + ofPod + `}  60x80
			kube_pod_status_ready{` + ofPod + `,condition="true"}  0x41 1x40`},
	}
}

func scalingCases() []alertCase {
	return []alertCase{
		// No replica can be added.
		{name: "VLLMQueueGrows", severity: "page", silent: 13, firing: 25, ended: 42, series: `
			vllm:num_requests_waiting{` + ofChat + `}  0x20 1+1x40 10x60
			kube_deployment_status_replicas{` + ofState + `,deployment="chat"}  4x200`},
		// A wanted replica does not become ready.
		{name: "VLLMQueueGrows", severity: "page", silent: 13, firing: 25, ended: 42, series: `
			vllm:num_requests_waiting{` + ofChat + `}  0x20 1+1x40 10x60
			kube_deployment_status_replicas{` + ofState + `,deployment="chat"}  2x200
			kube_deployment_status_replicas_ready{` + ofState + `,deployment="chat"}  1x200
			kube_horizontalpodautoscaler_status_desired_replicas{` + ofState + `,horizontalpodautoscaler="keda-hpa-chat"}  2x200`},
		{name: "VLLMScalingFallback", severity: "ticket", silent: 14, firing: 16, ended: 22, series: `
			kube_customresource_scaledobject_status_condition{` + ofState + `,name="chat",type="Fallback"}  0x19 1x22 0x40
			kube_deployment_status_replicas_ready{` + ofState + `,deployment="chat"}  1x100`},
		{name: "VLLMScalingFallback", severity: "ticket", silent: 14, firing: 18, ended: 28, series: `
			keda_scaler_empty_upstream_responses_total{job="keda-operator",namespace="keda",exported_namespace="inference",scaledResource="chat",triggerName="load"}  0x19 1+1x20 21x40
			kube_deployment_status_replicas_ready{` + ofState + `,deployment="chat"}  1x100`},
		{name: "VLLMSpotInterruption", severity: "ticket", labels: `node="n1"`, silent: 9, firing: 11, ended: 22, series: `
			up{` + ofChat + `}  1x41 stale
			kube_node_labels{job="kube-state-metrics",node="n1",label_eks_amazonaws_com_capacity_type="SPOT"}  1x80
			kube_node_spec_unschedulable{job="kube-state-metrics",node="n1"}  0x19 1x60`},
	}
}

func stackCases() []alertCase {
	scheduled := func(pod, values string) string {
		return `
			kube_pod_status_scheduled{` + ofState + `,pod="chat-6c9d-` + pod + `",condition="true"}  ` + values
	}
	return []alertCase{
		{name: "VLLMPrometheusDisk", severity: "ticket", labels: `namespace="monitoring",persistentvolumeclaim="prometheus-kps",problem="full"`, silent: 14, firing: 16, ended: 22, series: `
			kubelet_volume_stats_available_bytes{namespace="monitoring",persistentvolumeclaim="prometheus-kps"}  50x19 5x22 50x40
			kubelet_volume_stats_capacity_bytes{namespace="monitoring",persistentvolumeclaim="prometheus-kps"}  100x80`},
		{name: "VLLMPrometheusDisk", severity: "ticket", labels: `namespace="monitoring",pod="prometheus-kps-0",problem="retention"`, silent: 14, firing: 18, ended: 200, series: `
			prometheus_tsdb_size_retentions_total{namespace="monitoring",pod="prometheus-kps-0"}  0x19 1x400`},
		{name: "VLLMCertificateExpires", severity: "ticket", labels: `instance="https://models.example.com"`, silent: 65, firing: 75, ended: 102, series: `
			probe_ssl_earliest_cert_expiry{job="blackbox",instance="https://models.example.com"}  5184000x19 864000x180 5184000x40`},
		{name: "VLLMBudgetExceeded", severity: "ticket", labels: "-", silent: 24, firing: 26, ended: 32, series: scheduled("aaaaa", "1x100") + scheduled("bbbbb", "1x100") + scheduled("ccccc", "_x19 1x40 stale")},
		{name: "VLLMExtendedSupport", severity: "ticket", labels: `version="1.35"`, silent: 9, firing: 12},
	}
}

// TestAlertsFireAndEnd checks each alert: it is silent before its time, fires after it, and ends
// with its cause.
func TestAlertsFireAndEnd(t *testing.T) {
	tests := ruleTests{RuleFiles: []string{"rules.json"}, EvaluationInterval: "1m"}
	for _, c := range alertCases() {
		tests.Tests = append(tests.Tests, c.test())
	}
	promtool(t, []string{"test", "rules", "tests.json"}, map[string]any{
		"rules.json": map[string]any{"groups": rules.Groups(watched(), limited())}, "tests.json": tests,
	})
}

func (c alertCase) test() ruleTest {
	labels := []string{fmt.Sprintf("alertname=%q", c.name), `alertstate="firing"`, fmt.Sprintf("severity=%q", c.severity)}
	query := fmt.Sprintf("ALERTS{%s", strings.Join(labels, ","))
	switch {
	case strings.Contains(c.labels, "namespace=") || strings.Contains(c.labels, "instance=") || strings.Contains(c.labels, "version="):
	case c.labels == "-":
		c.labels = ""
	default:
		labels = append(labels, `namespace="inference",service="chat"`)
	}
	if c.labels != "" {
		labels = append(labels, c.labels)
	}
	if strings.HasPrefix(c.labels, "window=") {
		query += "," + c.labels
	}
	query += "}"
	test := ruleTest{Name: c.name, Interval: "30s", Input: series(c.series), Queries: []queryTest{
		{Query: query, Time: minutes(c.silent), Samples: []sample{}},
		{Query: query, Time: minutes(c.firing), Samples: []sample{{Labels: "ALERTS{" + strings.Join(labels, ",") + "}", Value: 1}}},
	}}
	if c.ended > 0 {
		test.Queries = append(test.Queries, queryTest{Query: query, Time: minutes(c.ended), Samples: []sample{}})
	}
	if c.annotations != nil {
		test.Alerts = []annotationTest{{Name: c.name, Time: minutes(c.firing), Alerts: []firingAlert{{
			Labels:      map[string]string{"severity": c.severity, "namespace": "inference", "service": "chat", "pod": "chat-6c9d-x2x1z", "reason": "Unschedulable"},
			Annotations: c.annotations,
		}}}}
	}
	return test
}

// healthy are the series of a model without a problem, of which the spot node and the disk of
// Prometheus have room.
var healthy = strings.NewReplacer("OF", ofChat, "STATE", ofState, "POD", ofPod).Replace(`
	up{OF}  1x200
	vllm:num_requests_running{OF}  3x200
	vllm:num_requests_waiting{OF}  0x200
	vllm:kv_cache_usage_perc{OF}  0.97x200
	vllm:num_preemptions_total{OF}  0x200
	vllm:iteration_tokens_total_count{OF}  0+900x200
	vllm:cache_config_info{OF,kv_cache_size_tokens="98304"}  1x200
	vllm:request_success_total{OF,finished_reason="stop"}  0+30x200
	vllm:time_to_first_token_seconds_bucket{OF,le="1"}  0+29x200
	vllm:time_to_first_token_seconds_bucket{OF,le="+Inf"}  0+30x200
	vllm:request_time_per_output_token_seconds_bucket{OF,le="0.1"}  0+30x200
	vllm:request_time_per_output_token_seconds_bucket{OF,le="+Inf"}  0+30x200
	kube_deployment_status_replicas_ready{STATE,deployment="chat"}  1x200
	kube_deployment_status_replicas{STATE,deployment="chat"}  1x200
	kube_horizontalpodautoscaler_status_desired_replicas{STATE,horizontalpodautoscaler="keda-hpa-chat"}  1x200
	kube_customresource_scaledobject_status_condition{STATE,name="chat",type="Fallback"}  0x200
	kube_pod_status_phase{POD,phase="Pending"}  1x10 0x189
	kube_pod_status_phase{POD,phase="Running"}  0x10 1x189
	kube_pod_container_status_waiting_reason{POD,container="vllm",reason="ContainerCreating"}  1x10 stale
	kube_pod_container_status_restarts_total{POD,container="vllm"}  0x20 1x179
	kube_pod_status_scheduled{POD,condition="true"}  1x200
	kube_pod_status_scheduled_time{POD}  0x200
	kube_pod_status_ready{POD,condition="true"}  0x14 1x185
	kube_node_labels{job="kube-state-metrics",node="n1",label_eks_amazonaws_com_capacity_type="SPOT"}  1x200
	kube_node_spec_unschedulable{job="kube-state-metrics",node="n1"}  0x100 1x99
	kube_node_spec_taint{job="kube-state-metrics",node="n1",key="ToBeDeletedByClusterAutoscaler"}  _x100 1x99
	kubelet_volume_stats_available_bytes{namespace="monitoring",persistentvolumeclaim="prometheus-kps"}  20x200
	kubelet_volume_stats_capacity_bytes{namespace="monitoring",persistentvolumeclaim="prometheus-kps"}  100x200
	prometheus_tsdb_size_retentions_total{namespace="monitoring",pod="prometheus-kps-0"}  0x200
`)

// TestHealthyStackHasNoAlert checks that no alert is pending or fires on a stack without a problem.
func TestHealthyStackHasNoAlert(t *testing.T) {
	bounds := limited()
	bounds.ExtendedSupport = bounds.ExtendedSupport.AddDate(1, 0, 0)
	test := ruleTest{Name: "healthy", Interval: "30s", Input: series(healthy)}
	for minute := 20; minute < 100; minute += 10 {
		test.Queries = append(test.Queries, queryTest{Query: "ALERTS", Time: minutes(float64(minute)), Samples: []sample{}})
	}
	promtool(t, []string{"test", "rules", "tests.json"}, map[string]any{
		"rules.json": map[string]any{"groups": rules.Groups(watched(), bounds)},
		"tests.json": ruleTests{RuleFiles: []string{"rules.json"}, EvaluationInterval: "1m", Tests: []ruleTest{test}},
	})
}

// TestEveryAlertHasACase compares the alerts with the cases above.
func TestEveryAlertHasACase(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range alertCases() {
		tested[c.name+" "+c.severity] = true
	}
	for _, g := range rules.Groups(watched(), limited()) {
		for _, r := range g.Rules {
			if r.Alert != "" && !tested[r.Alert+" "+r.Labels["severity"]] {
				t.Errorf("no case tests the alert %s with the severity %s", r.Alert, r.Labels["severity"])
			}
		}
	}
}
