package dashboards

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
)

// model returns the dashboard for the first ten minutes of "it is slow".
func model() Dashboard {
	return Dashboard{
		Name: "model", Title: "vLLM model", OneModel: true,
		Description: "Shows whether a model is slow, and whether the queue, the KV cache, the prompts or one replica is the cause.",
		Rows: []Row{
			row("Is it slow?", modelNumbers()...),
			row("Latency", latencies()...),
			row("Queue and KV cache", queueing()...),
			row("Throughput",
				chart("Tokens", TokensPerSecond, "Tokens of prompts that replicas process, and tokens that they generate, in a second.",
					query(recorded(rules.InputTokens), "input"), query(recorded(rules.OutputTokens), "output")),
				stacked(chart("Finish reasons", RequestsPerSecond, "Requests that finish in a second, by reason: stop, length, abort or error.",
					query(recorded(rules.Requests), "{{finished_reason}}"))),
				chart("Tokens of a request", Count, "Mean number of tokens of a prompt and of an answer.",
					query(mean("vllm:request_prompt_tokens"), "prompt"),
					query(mean("vllm:request_generation_tokens"), "answer")),
				chart("Replicas", Count, "Numbers of replicas that the autoscaler requests, that exist, and that are ready.",
					replicaQueries("")...),
			),
			row("Each replica", eachReplica()...),
		},
	}
}

func modelNumbers() []Panel {
	return []Panel{
		number("Objectives met now", Share, "Share of requests that met the objectives, beside the share that must meet them.",
			query(recorded(rules.Attained, everyObjective), "met"), reference(recorded(rules.ObjectiveShare), "objective")),
		number("Time to first token now", Seconds, "Time until the first token that 95 % of the requests do not exceed.",
			query(recorded(rules.TTFT, p95), "TTFT")),
		number("Time per output token now", Seconds, "Time for each further token that 95 % of the requests do not exceed.",
			query(recorded(rules.TPOT, p95), "TPOT")),
		number("Requests now", Count, "Requests that replicas process, and requests that wait.",
			query(recorded(rules.Running), "running"), query(recorded(rules.Waiting), "waiting")),
		number("Replicas now", Count, "Replicas that are ready, beside the number that the autoscaler requests.",
			query(recorded(rules.Ready), "ready"), reference(recorded(rules.Wanted), "wanted")),
		number("Restarts in the last hour", Count, "Restarts of containers of vLLM in the last hour.",
			query("sum("+restarts("1h")+")", "restarts")),
	}
}

// restarts returns the restarts of the replicas in a time.
func restarts(time string) string {
	return fmt.Sprintf("increase(%s[%s])", state("kube_pod_container_status_restarts_total", ofPods(`container="vllm"`)...), time)
}

func latencies() []Panel {
	return []Panel{
		chart("Time to first token (TTFT)", Seconds, "Time until the first token, which includes the time in the queue.",
			query(recorded(rules.TTFT), "quantile {{quantile}}")),
		chart("Time per output token (TPOT)", Seconds, "Time for each token after the first one, as a mean over a request.",
			query(recorded(rules.TPOT), "quantile {{quantile}}")),
		chart("End-to-end latency", Seconds, "Time from the arrival of a request to its last token.",
			query(recorded(rules.E2E), "quantile {{quantile}}")),
		chart("Objectives met", Share, "Share of requests that met each objective of latency, and all objectives together.",
			query(recorded(rules.Attained), "{{objective}}"), reference(recorded(rules.ObjectiveShare), "objective")),
	}
}

func queueing() []Panel {
	return []Panel{
		chart("Running and waiting requests", Count, "Requests that replicas process, and requests that wait for a place in a batch.",
			query(recorded(rules.Running), "running"), query(recorded(rules.Waiting), "waiting")),
		chart("Time in each phase", Seconds, "Mean time of a request in the queue, in the processing of its prompt, and in the generation of its answer.",
			query(mean("vllm:request_queue_time_seconds"), "queue"),
			query(mean("vllm:request_prefill_time_seconds"), "prefill"),
			query(mean("vllm:request_decode_time_seconds"), "decode")),
		third("KV cache in use", Share, "Share of the KV cache in use, of the fullest replica and as a mean of all replicas.",
			query(recorded(rules.KVUsage), "fullest replica"), query(recorded(rules.KVUsageMean), "mean")),
		third("Preemptions", RequestsPerSecond, "Requests in a second that lose their place because the KV cache is full.",
			query(recorded(rules.Preemptions), "preemptions")),
		third("Prefix-cache hits", Share, "Share of the tokens of prompts that the prefix cache has.",
			query(recorded(rules.PrefixHits), "hits")),
	}
}

// eachReplica returns the panels with one series for each replica.
func eachReplica() []Panel {
	sum := func(metric string) string { return "sum by (pod) (" + vllm(metric) + ")" }
	const perReplica = "{{pod}}"
	return []Panel{
		third("Running requests of each replica", Count, "Requests that each replica processes.",
			query(sum("vllm:num_requests_running"), perReplica)),
		third("Waiting requests of each replica", Count, "Requests that wait in the queue of each replica.",
			query(sum("vllm:num_requests_waiting"), perReplica)),
		third("KV cache of each replica", Share, "Share of the KV cache of each replica in use.",
			query("max by (pod) ("+vllm("vllm:kv_cache_usage_perc")+")", perReplica)),
		third("Output tokens of each replica", TokensPerSecond, "Tokens that each replica generates in a second.",
			query("sum by (pod) (rate("+vllm("vllm:generation_tokens_total")+"[5m]))", perReplica)),
		third("Time to first token of each replica", Seconds, "Time until the first token that 95 % of the requests of each replica do not exceed.",
			query("histogram_quantile(0.95, sum by (pod, le) (rate("+vllm("vllm:time_to_first_token_seconds_bucket")+"[5m])))", perReplica)),
		third("Steps of each replica", Count, "Steps of each replica in a second, which are none if the replica hangs.",
			query("sum by (pod) (rate("+vllm("vllm:iteration_tokens_total_count")+"[5m]))", perReplica)),
		chart("Scrapes of each replica", Code, "Whether the latest scrape of the metrics of each replica succeeded: 1 if it did, else 0.",
			query("max by (pod) ("+vllm("up")+")", perReplica)),
		chart("Restarts of each replica", Count, "Restarts of the container of vLLM in the last hour.",
			query("sum by (pod) ("+restarts("1h")+")", perReplica)),
	}
}
