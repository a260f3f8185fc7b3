package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

// load returns the rules for tokens, requests and the KV cache.
func load() []Rule {
	sum := func(metric string) string { return fmt.Sprintf("sum %s (%s)", by, vllm(metric)) }
	return []Rule{
		record(InputTokens, "%s", rate("vllm:prompt_tokens_total")),
		record(OutputTokens, "%s", rate("vllm:generation_tokens_total")),
		record(Requests, "sum by (namespace, service, finished_reason) (rate(%s[5m]))", vllm("vllm:request_success_total")),
		record(Running, "%s", sum("vllm:num_requests_running")),
		record(Waiting, "%s", sum("vllm:num_requests_waiting")),
		record(KVUsage, "max %s (%s)", by, vllm("vllm:kv_cache_usage_perc")),
		record(KVUsageMean, "avg %s (%s)", by, vllm("vllm:kv_cache_usage_perc")),
		record(Preemptions, "%s", rate("vllm:num_preemptions_total")),
		// Without queries there is no share.
		record(PrefixHits, "%s / (%s > 0)", rate("vllm:prefix_cache_hits_total"), rate("vllm:prefix_cache_queries_total")),
	}
}

// quantiles are the recorded quantiles of latencies.
var quantiles = []float64{.5, .9, .95, .99}

// latency returns the rules for the quantiles of TTFT, TPOT and end-to-end latency.
func latency() []Rule {
	var list []Rule
	for _, h := range []struct{ metric, buckets, quantile string }{
		{"vllm:time_to_first_token_seconds_bucket", TTFTBuckets, TTFT},
		{"vllm:request_time_per_output_token_seconds_bucket", TPOTBuckets, TPOT},
		{"vllm:e2e_request_latency_seconds_bucket", E2EBuckets, E2E},
	} {
		list = append(list, record(h.buckets, "sum by (namespace, service, le) (rate(%s[5m]))", vllm(h.metric)))
		for _, q := range quantiles {
			text := strconv.FormatFloat(q, 'g', -1, 64)
			// Without requests there is no quantile.
			rule := record(h.quantile, `histogram_quantile(%s, %s) and on (namespace, service) %s{le="+Inf"} > 0`, text, h.buckets, h.buckets)
			list = append(list, rule.labelled("quantile", text))
		}
	}
	return list
}

// objectives returns the rules for the share of requests that met the objectives.
func objectives(models []monitoringspec.Model) []Rule {
	list := slices.Concat(
		met("ttft", TTFTBuckets, models, func(m monitoringspec.Model) float64 { return m.TTFTSeconds }),
		met("tpot", TPOTBuckets, models, func(m monitoringspec.Model) float64 { return m.TPOTSeconds }),
	)
	failed := fmt.Sprintf(`sum %[1]s (%[2]s{finished_reason="error"}) / (sum %[1]s (%[2]s) > 0)`, by, Requests)
	// A request that fails before the first token has no latency, and one objective may be
	// without a limit: the sum is that of the shares that exist.
	missed := fmt.Sprintf(`1 - %s{objective=~"ttft|tpot"} or label_replace(%s, "objective", "failed", "", "")`, Attained, failed)
	all := record(Attained, "clamp_min(1 - sum %s (%s), 0)", by, missed)
	return append(list, all.labelled("objective", "all"))
}

// met returns the rules for the share of requests within an objective of latency: one for each
// limit, because a histogram has other buckets than the objectives.
func met(objective, buckets string, models []monitoringspec.Model, limit func(monitoringspec.Model) float64) []Rule {
	services := map[float64][]string{}
	for _, m := range models {
		services[limit(m)] = append(services[limit(m)], m.Service)
	}
	var list []Rule
	for _, seconds := range slices.Sorted(maps.Keys(services)) {
		if seconds <= 0 {
			continue
		}
		slices.Sort(services[seconds])
		matcher := fmt.Sprintf("{service=~%q}", strings.Join(slices.Compact(services[seconds]), "|"))
		text := strconv.FormatFloat(seconds, 'g', -1, 64)
		rule := record(Attained, `histogram_fraction(0, %s, %s%s) and on (namespace, service) %s{le="+Inf"} > 0`, text, buckets, matcher, buckets)
		list = append(list, rule.labelled("objective", objective))
	}
	return list
}
