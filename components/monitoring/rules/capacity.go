package rules

import (
	"fmt"
	"strings"
)

// digits is the largest number of digits of a number of tokens.
const digits = 8

// memory returns the rules for the size of the KV cache and the concurrency.
//
// vLLM reports the size of its KV cache only as the label kv_cache_size_tokens of
// vllm:cache_config_info. PromQL cannot convert a label to a number, so the rule adds up the
// digits of the label: each digit selects a constant series.
func memory() []Rule {
	var list []Rule
	for digit := range 10 {
		list = append(list, record(digitSeries, "vector(%d)", digit).labelled("digit", fmt.Sprint(digit)))
	}
	info := fmt.Sprintf("max by (namespace, service, pod, kv_cache_size_tokens) (%s)", vllm("vllm:cache_config_info"))
	var places []string
	power := 1
	for place := range digits {
		digit := fmt.Sprintf(`label_replace(label_replace(%s, "place", "%d", "", ""), "digit", "$1", "kv_cache_size_tokens", ".*([0-9])[0-9]{%d}")`, info, place, place)
		places = append(places, fmt.Sprintf("%d * (%s * on (digit) group_left () %s)", power, digit, digitSeries))
		power *= 10
	}
	return append(list,
		record(KVTokens, "min %s (sum by (namespace, service, pod) (%s))", by, strings.Join(places, " or ")),
		record(Concurrency, "max_over_time((max %s (%s))[1h:1m])", by, vllm("vllm:num_requests_running")),
	)
}

// digitSeries is the name of ten constant series, with the label digit.
const digitSeries = "vllm_eks:digit"

// gpus returns the rules for the GPUs of each model. The exporter of NVIDIA labels a GPU with
// the pod that uses it.
func gpus() []Rule {
	service := unit(fmt.Sprintf("max by (namespace, service, pod) (%s)", vllm("up")))
	ofModel := func(query string) string {
		return fmt.Sprintf("avg %s (%s * on (namespace, pod) group_left (service) %s)", by, query, service)
	}
	return []Rule{
		record(GPUUtilization, "%s", ofModel("DCGM_FI_DEV_GPU_UTIL / 100")),
		record(GPUMemory, "%s", ofModel("(DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE))")),
	}
}

// spentStep is the step in seconds at which the cost of an hour is added up: an error of a step is
// small, even for a model that is a few minutes old.
const spentStep = 5

// cost returns the rules for the measured cost. A pod costs from the time at which it has a node,
// because it then holds its GPUs. The cost of a million tokens is the cost of an hour, divided by the
// tokens of the same hour: a mean of rates would have too few tokens for a model that is new.
func cost() []Rule {
	scheduled := fmt.Sprintf(`max by (namespace, pod) (kube_pod_status_scheduled{%s,condition="true"} == 1)`, stateJob)
	ended := fmt.Sprintf(`max by (namespace, pod) (kube_pod_status_phase{%s,phase=~"Succeeded|Failed"} == 1)`, stateJob)
	tokens := fmt.Sprintf("sum %s (increase(%s[1h]))", by, vllm("vllm:generation_tokens_total"))
	pods := fmt.Sprintf("count %s (%s)", by, ServiceOf(fmt.Sprintf("%s unless on (namespace, pod) %s", scheduled, ended)))
	return []Rule{
		record(USDPerHour, "(%s) * on (namespace, service) %s", pods, ReplicaUSDPerHour),
		record(USDPerMillion, "%d * sum_over_time(%s[1h:%ds]) / 3600 / (%s > 0)", 1_000_000*spentStep, USDPerHour, spentStep, tokens),
	}
}
