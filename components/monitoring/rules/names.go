package rules

// Names of recorded series of a model, with the labels namespace and service.
const (
	// Info is 1 for each model of the stack, with the label model.
	Info = "service:vllm_eks:info"
	// MinReplicas is the smallest number of replicas; without a series, it is 0.
	MinReplicas = "service:replicas:min"
	// MaxReplicas is the largest number of replicas.
	MaxReplicas = "service:replicas:max"

	// InputTokens and OutputTokens are tokens per second of prompts and answers.
	InputTokens  = "service:vllm_input_tokens:rate5m"
	OutputTokens = "service:vllm_output_tokens:rate5m"
	// Requests are finished requests per second, with the label finished_reason.
	Requests = "service:vllm_requests:rate5m"
	// Running and Waiting are requests of all replicas.
	Running = "service:vllm_requests_running:sum"
	Waiting = "service:vllm_requests_waiting:sum"
	// KVUsage is the share of the KV cache in use, from 0 to 1: of the fullest replica,
	// and the mean of all replicas.
	KVUsage     = "service:vllm_kv_cache_usage:max"
	KVUsageMean = "service:vllm_kv_cache_usage:avg"
	// Preemptions are preempted requests per second.
	Preemptions = "service:vllm_preemptions:rate5m"
	// PrefixHits is the share of prompt tokens that the prefix cache has, from 0 to 1.
	PrefixHits = "service:vllm_prefix_cache_hits:ratio5m"

	// TTFTBuckets, TPOTBuckets and E2EBuckets are rates of the buckets of a histogram,
	// with the label le.
	TTFTBuckets = "service:vllm_time_to_first_token_seconds_bucket:rate5m"
	TPOTBuckets = "service:vllm_time_per_output_token_seconds_bucket:rate5m"
	E2EBuckets  = "service:vllm_e2e_request_latency_seconds_bucket:rate5m"
	// TTFT, TPOT and E2E are quantiles in seconds, with the label quantile.
	TTFT = "service:vllm_time_to_first_token_seconds:quantile5m"
	TPOT = "service:vllm_time_per_output_token_seconds:quantile5m"
	E2E  = "service:vllm_e2e_request_latency_seconds:quantile5m"
	// ObjectiveShare is the share of requests that must meet the objectives, from 0 to 1.
	ObjectiveShare = "service:objective_share"
	// Attained is the share of requests that met an objective, with the label objective:
	// ttft, tpot, or all. For all, it is a lower bound, because vLLM counts the two
	// latencies of a request separately: 1 less the shares that missed each, and less
	// the share that failed.
	Attained = "service:vllm_objectives_met:ratio5m"
	// Finished and Missed are requests per second: finished, and late or failed. Missed
	// is an upper bound, as Attained is a lower bound.
	Finished = "service:vllm_requests_finished:rate5m"
	Missed   = "service:vllm_requests_missed:rate5m"
	// MissedRatio is the share of late or failed requests, with the label window: 5m, 30m,
	// 1h, 6h or 3d.
	MissedRatio = "service:vllm_objectives_missed:ratio"

	// Ready, Existing and Wanted are numbers of replicas: ready, with a Pod, and as the
	// autoscaler requests.
	Ready    = "service:replicas:ready"
	Existing = "service:replicas:existing"
	Wanted   = "service:replicas:wanted"
	// TriggerTarget is the value of a trigger for one replica, with the label trigger.
	TriggerTarget = "service:trigger_target"
	// TriggerWants is the number of replicas that a trigger requests, with the label
	// trigger.
	TriggerWants = "service:trigger_replicas:wanted"
	// ColdStart is the duration of a phase of the last start of a replica in seconds,
	// with the label phase: node, image or load. PredictedColdStart is its prediction.
	ColdStart          = "service:cold_start_seconds:max"
	PredictedColdStart = "service:cold_start_seconds:predicted"

	// KVTokens is the size of the KV cache of one replica in tokens, as vLLM measured it,
	// and PredictedKVTokens its prediction.
	KVTokens          = "service:vllm_kv_cache_tokens:min"
	PredictedKVTokens = "service:vllm_kv_cache_tokens:predicted"
	// Concurrency is the largest number of running requests of one replica in an hour, and
	// PredictedConcurrency the predicted number that meets the objectives.
	Concurrency          = "service:vllm_concurrency:max1h"
	PredictedConcurrency = "service:vllm_concurrency:predicted"

	// GPUUtilization is the use of the GPUs of a model, from 0 to 1, and GPUMemory the
	// share of their memory in use.
	GPUUtilization = "service:gpu_utilization:avg"
	GPUMemory      = "service:gpu_memory_used:ratio"

	// ReplicaUSDPerHour is the price of one replica, and USDPerHour that of all replicas
	// that hold a GPU.
	ReplicaUSDPerHour = "service:replica_usd_per_hour"
	USDPerHour        = "service:usd_per_hour:sum"
	// USDPerMillion is the measured cost of a million output tokens in the last hour:
	// USDPerHour over the time of the replicas, divided by the tokens that they generated.
	// PredictedUSDPerMillion is its prediction at the target load.
	USDPerMillion          = "service:usd_per_million_output_tokens:1h"
	PredictedUSDPerMillion = "service:usd_per_million_output_tokens:predicted"
)

// Names of recorded series of the whole stack, without the labels of a model.
const (
	// MaxUSDPerHour is the key limits.maxUsdPerHour, and SharedUSDPerHour the predicted cost
	// of everything but the nodes of the models.
	MaxUSDPerHour    = "stack:usd_per_hour:max"
	SharedUSDPerHour = "stack:shared_usd_per_hour:predicted"
	// ExtendedSupport is the Unix time at which extended support of Kubernetes begins, with
	// the label version.
	ExtendedSupport = "stack:kubernetes_extended_support:timestamp"
)
