package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

// observed are the series of two replicas, and of a pod that failed. The interval is 30 s.
var observed = strings.NewReplacer(
	"A{", `{job="vllm",namespace="inference",service="chat",pod="chat-6c9d-aaaaa",engine="0",node="n1",`,
	"B{", `{job="vllm",namespace="inference",service="chat",pod="chat-6c9d-bbbbb",engine="0",node="n2",`,
	"STATE{", `{job="kube-state-metrics",namespace="inference",`,
	"PODA{", `{job="kube-state-metrics",namespace="inference",pod="chat-6c9d-aaaaa",`,
	"PODB{", `{job="kube-state-metrics",namespace="inference",pod="chat-6c9d-bbbbb",`,
	"PODC{", `{job="kube-state-metrics",namespace="inference",pod="chat-6c9d-ccccc",`,
	"KEDA{", `{job="keda-operator",namespace="keda",exported_namespace="inference",scaledObject="chat",`,
	"GPUA{", `{namespace="inference",pod="chat-6c9d-aaaaa",`,
	"GPUB{", `{namespace="inference",pod="chat-6c9d-bbbbb",`,
).Replace(`
	upA{}  1x160
	upB{}  1x160
	vllm:prompt_tokens_totalA{}  0+300x160
	vllm:prompt_tokens_totalB{}  0+600x160
	vllm:generation_tokens_totalA{}  0+150x160
	vllm:generation_tokens_totalB{}  0+150x160
	vllm:request_success_totalA{finished_reason="stop"}  0+27x160
	vllm:request_success_totalA{finished_reason="error"}  0+3x160
	vllm:num_requests_runningA{}  3x160
	vllm:num_requests_runningB{}  5x160
	vllm:num_requests_waitingA{}  1x160
	vllm:num_requests_waitingB{}  0x160
	vllm:kv_cache_usage_percA{}  0.5x160
	vllm:kv_cache_usage_percB{}  0.7x160
	vllm:num_preemptions_totalA{}  0+3x160
	vllm:prefix_cache_queries_totalA{}  0+300x160
	vllm:prefix_cache_hits_totalA{}  0+75x160
	vllm:time_to_first_token_seconds_bucketA{le="1"}  0+15x160
	vllm:time_to_first_token_seconds_bucketA{le="2.5"}  0+24x160
	vllm:time_to_first_token_seconds_bucketA{le="+Inf"}  0+30x160
	vllm:request_time_per_output_token_seconds_bucketA{le="0.1"}  0+27x160
	vllm:request_time_per_output_token_seconds_bucketA{le="0.15"}  0+30x160
	vllm:request_time_per_output_token_seconds_bucketA{le="+Inf"}  0+30x160
	vllm:e2e_request_latency_seconds_bucketA{le="5"}  0+30x160
	vllm:e2e_request_latency_seconds_bucketA{le="+Inf"}  0+30x160
	vllm:cache_config_infoA{kv_cache_size_tokens="31232"}  1x160
	vllm:cache_config_infoB{kv_cache_size_tokens="1048576"}  1x160
	kube_deployment_status_replicas_readySTATE{deployment="chat"}  2x160
	kube_deployment_status_replicasSTATE{deployment="chat"}  3x160
	kube_deployment_status_replicasSTATE{deployment="other"}  9x160
	kube_horizontalpodautoscaler_status_desired_replicasSTATE{horizontalpodautoscaler="keda-hpa-chat"}  4x160
	keda_scaler_metrics_valueKEDA{scaler="load",pod="leader"}  45x160
	keda_scaler_metrics_valueKEDA{scaler="load",pod="standby"}  0x160
	keda_scaler_metrics_valueKEDA{scaler="kv-cache",pod="leader"}  0.8x160
	kube_pod_createdPODA{}  0x160
	kube_pod_status_scheduled_timePODA{}  100x160
	kube_pod_container_state_startedPODA{container="vllm"}  150x160
	kube_pod_status_container_ready_timePODA{}  400x160
	kube_pod_container_status_restarts_totalPODA{container="vllm"}  0x160
	kube_pod_createdPODB{}  0x160
	kube_pod_status_scheduled_timePODB{}  700x160
	kube_pod_container_state_startedPODB{container="vllm"}  1400x160
	kube_pod_status_container_ready_timePODB{}  2800x160
	kube_pod_container_status_restarts_totalPODB{container="vllm"}  1x160
	kube_pod_status_scheduledPODA{condition="true"}  1x160
	kube_pod_status_scheduledPODB{condition="true"}  1x160
	kube_pod_status_scheduledPODC{condition="true"}  1x160
	kube_pod_status_phasePODC{phase="Failed"}  1x160
	DCGM_FI_DEV_GPU_UTILGPUA{gpu="0"}  50x160
	DCGM_FI_DEV_GPU_UTILGPUB{gpu="0"}  100x160
	DCGM_FI_DEV_FB_USEDGPUA{gpu="0"}  30x160
	DCGM_FI_DEV_FB_FREEGPUA{gpu="0"}  10x160
	DCGM_FI_DEV_FB_USEDGPUB{gpu="0"}  20x160
	DCGM_FI_DEV_FB_FREEGPUB{gpu="0"}  20x160
`)

// recorded is the expected value of a series with further labels than those of the model.
type recorded struct {
	name, labels string
	value        float64
}

// expectations are computed by hand from the series above.
var expectations = []recorded{
	{rules.Info, `model="org/model"`, 1},
	{rules.MinReplicas, "", 1},
	{rules.MaxReplicas, "", 4},
	{rules.ObjectiveShare, "", 0.95},
	{rules.ReplicaUSDPerHour, "", 2},
	{rules.PredictedUSDPerMillion, "", 0.5},
	{rules.PredictedKVTokens, "", 100000},
	{rules.PredictedConcurrency, "", 40},
	{rules.PredictedColdStart, `phase="node"`, 120},
	{rules.PredictedColdStart, `phase="image"`, 60},
	{rules.PredictedColdStart, `phase="load"`, 240},
	{rules.TriggerTarget, `trigger="load"`, 20},
	{rules.TriggerTarget, `trigger="kv-cache"`, 0.8},
	{rules.InputTokens, "", 30},
	{rules.OutputTokens, "", 10},
	{rules.Requests, `finished_reason="stop"`, 0.9},
	{rules.Requests, `finished_reason="error"`, 0.1},
	{rules.Running, "", 8},
	{rules.Waiting, "", 1},
	{rules.KVUsage, "", 0.7},
	{rules.KVUsageMean, "", 0.6},
	{rules.Preemptions, "", 0.1},
	{rules.PrefixHits, "", 0.25},
	{rules.TTFTBuckets, `le="1"`, 0.5},
	{rules.TTFTBuckets, `le="2.5"`, 0.8},
	{rules.TTFTBuckets, `le="+Inf"`, 1},
	{rules.TPOTBuckets, `le="0.1"`, 0.9},
	{rules.TPOTBuckets, `le="0.15"`, 1},
	{rules.TPOTBuckets, `le="+Inf"`, 1},
	{rules.E2EBuckets, `le="5"`, 1},
	{rules.E2EBuckets, `le="+Inf"`, 1},
	// Half of the requests are in the first bucket.
	{rules.TTFT, `quantile="0.5"`, 1},
	{rules.TTFT, `quantile="0.9"`, 2.5},
	{rules.TTFT, `quantile="0.95"`, 2.5},
	{rules.TTFT, `quantile="0.99"`, 2.5},
	{rules.TPOT, `quantile="0.5"`, 0.0555556},
	{rules.TPOT, `quantile="0.9"`, 0.1},
	{rules.TPOT, `quantile="0.95"`, 0.125},
	{rules.TPOT, `quantile="0.99"`, 0.145},
	{rules.E2E, `quantile="0.5"`, 2.5},
	{rules.E2E, `quantile="0.9"`, 4.5},
	{rules.E2E, `quantile="0.95"`, 4.75},
	{rules.E2E, `quantile="0.99"`, 4.95},
	// 0.5, and two thirds of the 0.3 between 1 s and 2.5 s.
	{rules.Attained, `objective="ttft"`, 0.7},
	{rules.Attained, `objective="tpot"`, 0.9},
	// 0.3 and 0.1 are late, and 0.1 fail.
	{rules.Attained, `objective="all"`, 0.5},
	{rules.Finished, "", 1},
	{rules.Missed, "", 0.5},
	{rules.MissedRatio, `window="5m"`, 0.5},
	{rules.MissedRatio, `window="30m"`, 0.5},
	{rules.MissedRatio, `window="1h"`, 0.5},
	{rules.MissedRatio, `window="6h"`, 0.5},
	{rules.MissedRatio, `window="3d"`, 0.5},
	{rules.Ready, "", 2},
	{rules.Existing, "", 3},
	{rules.Wanted, "", 4},
	{rules.TriggerWants, `trigger="load"`, 3},
	{rules.TriggerWants, `trigger="kv-cache"`, 1},
	// The other replica restarted.
	{rules.ColdStart, `phase="node"`, 100},
	{rules.ColdStart, `phase="image"`, 50},
	{rules.ColdStart, `phase="load"`, 250},
	{rules.KVTokens, "", 31232},
	{rules.Concurrency, "", 5},
	{rules.GPUUtilization, "", 0.75},
	{rules.GPUMemory, "", 0.625},
	// The failed pod costs nothing.
	{rules.USDPerHour, "", 4},
	// 4 USD for 36,000 tokens.
	{rules.USDPerMillion, "", 111.1111111},
}

// TestRecordedSeries compares every recorded series with its value.
func TestRecordedSeries(t *testing.T) {
	test := ruleTest{Name: "two replicas", Interval: "30s", Input: series(observed), Queries: []queryTest{
		{Query: rules.MaxUSDPerHour, Time: "70m", Samples: []sample{{rules.MaxUSDPerHour, 6}}},
		{Query: rules.SharedUSDPerHour, Time: "70m", Samples: []sample{{rules.SharedUSDPerHour, 1}}},
		{Query: rules.ExtendedSupport, Time: "70m", Samples: []sample{{rules.ExtendedSupport + `{version="1.35"}`, 60*24*3600 + 600}}},
	}}
	names := []string{rules.MaxUSDPerHour, rules.SharedUSDPerHour, rules.ExtendedSupport, "vllm_eks:digit"}
	for _, e := range expectations {
		labels := `namespace="inference",service="chat"`
		if e.labels != "" {
			labels += "," + e.labels
		}
		query, want := fmt.Sprintf("round(%s, 1e-7)", e.name), sample{"{" + labels + "}", e.value}
		if last := &test.Queries[len(test.Queries)-1]; last.Query == query {
			last.Samples = append(last.Samples, want)
		} else {
			test.Queries = append(test.Queries, queryTest{Query: query, Time: "70m", Samples: []sample{want}})
		}
		names = append(names, e.name)
	}
	groups := rules.Groups(watched(), limited())
	promtool(t, []string{"test", "rules", "tests.json"}, map[string]any{
		"rules.json": map[string]any{"groups": groups},
		"tests.json": ruleTests{RuleFiles: []string{"rules.json"}, EvaluationInterval: "1m", Tests: []ruleTest{test}},
	})
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Record != "" && !slices.Contains(names, r.Record) {
				t.Errorf("no expectation for the series %s", r.Record)
			}
		}
	}
}
