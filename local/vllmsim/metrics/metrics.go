// Package metrics exposes the metrics of vLLM's Prometheus endpoint, with the same names,
// labels and buckets. Source: upstream's vllm/v1/metrics/loggers.py and
// vllm/entrypoints/serve/instrumentator/metrics.py.
package metrics

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// Info holds the engine's settings at startup.
type Info struct {
	ModelName   string
	MaxModelLen int
	// CacheConfig holds the labels of vllm:cache_config_info.
	CacheConfig map[string]string
	// MaxLoRAs is the maximum number of adapters in a batch; 0: LoRA is off.
	MaxLoRAs int
}

// Metrics observes an engine and its HTTP server.
type Metrics struct {
	registry *prometheus.Registry
	load     func() engine.Load
	http     httpMetrics

	preemptions, promptTokens, generationTokens prometheus.Counter
	computedTokens                              prometheus.Counter
	success                                     map[string]prometheus.Counter
	adapters                                    *adapterMetrics

	promptSize, generationSize, iteration    prometheus.Observer
	maxGeneration, paramN, paramMax          prometheus.Observer
	computedSize                             prometheus.Observer
	ttft, interToken, perOutput              prometheus.Observer
	e2e, queue, inference, prefill, decoding prometheus.Observer
	lateness                                 prometheus.Observer
}

var (
	tokenLatency = []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
	firstLatency = []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}
	wholeLatency = []float64{.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	// Scaled comparisons are invalid above a third and a fifth of 50 ms.
	lateBy     = []float64{.001, .0025, .005, .05 / 5, .05 / 3, .025, .05, .1, .25, .5, 1}
	stepTokens = []float64{1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}
)

// oneTwoFive returns 1, 2, 5, 10, 20, 50 … up to a limit.
func oneTwoFive(limit int) []float64 {
	var out []float64
	for scale := 1; ; scale *= 10 {
		for _, m := range []int{1, 2, 5} {
			if m*scale > limit {
				return out
			}
			out = append(out, float64(m*scale))
		}
	}
}

// New returns the metrics of one engine. load is called at each scrape.
func New(info Info, load func() engine.Load) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), load: load, success: map[string]prometheus.Counter{}}
	labels := prometheus.Labels{"model_name": info.ModelName, "engine": "0"}
	m.gauges(labels, info)
	m.counters(labels)
	m.histograms(labels, info)
	m.adapters = newAdapterMetrics(m.registry, info.MaxLoRAs)
	m.http = newHTTPMetrics(m.registry)
	m.registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func merged(labels prometheus.Labels, pairs ...string) prometheus.Labels {
	out := prometheus.Labels{}
	for name, value := range labels {
		out[name] = value
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func (m *Metrics) gauges(labels prometheus.Labels, info Info) {
	gauge := func(name, help string, labels prometheus.Labels, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, value))
	}
	running := func() float64 { return float64(m.load().Running) }
	waiting := func() float64 { return float64(m.load().Waiting) }
	deferred := func() float64 { return float64(m.load().Deferred) }
	capacity := func() float64 { now := m.load(); return float64(now.Waiting - now.Deferred) }
	constant := func(value float64) func() float64 { return func() float64 { return value } }
	gauge("vllm:num_requests_running", "Requests being executed.", labels, running)
	gauge("vllm:num_requests_waiting", "Requests waiting for execution.", labels, waiting)
	gauge("vllm:num_requests_waiting_by_reason", "Waiting requests by reason.", merged(labels, "reason", "capacity"), capacity)
	gauge("vllm:num_requests_waiting_by_reason", "Waiting requests by reason.", merged(labels, "reason", "deferred"), deferred)
	gauge("vllm:kv_cache_usage_perc", "Share of the KV cache in use, 0 to 1.", labels, func() float64 { return m.load().KVUsage() })
	for i, state := range []string{"awake", "weights_offloaded", "discard_all"} {
		gauge("vllm:engine_sleep_state", "State of the engine's sleep mode.", merged(labels, "sleep_state", state), constant(float64(1-min(i, 1))))
	}
	cache := prometheus.Labels(info.CacheConfig)
	gauge("vllm:cache_config_info", "Settings of the KV cache.", merged(cache, "engine", "0"), constant(1))
}

func (m *Metrics) counters(labels prometheus.Labels) {
	counter := func(name, help string, labels prometheus.Labels) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels})
		m.registry.MustRegister(c)
		return c
	}
	m.preemptions = counter("vllm:num_preemptions_total", "Preempted requests.", labels)
	m.promptTokens = counter("vllm:prompt_tokens_total", "Prompt tokens processed.", labels)
	m.generationTokens = counter("vllm:generation_tokens_total", "Tokens generated.", labels)
	counter("vllm:prefix_cache_queries_total", "Tokens looked up in the prefix cache.", labels)
	counter("vllm:prefix_cache_hits_total", "Tokens found in the prefix cache.", labels)
	counter("vllm:external_prefix_cache_queries_total", "Tokens looked up in a shared prefix cache.", labels)
	counter("vllm:external_prefix_cache_hits_total", "Tokens found in a shared prefix cache.", labels)
	counter("vllm:mm_cache_queries_total", "Items looked up in the multi-modal cache.", labels)
	counter("vllm:mm_cache_hits_total", "Items found in the multi-modal cache.", labels)
	counter("vllm:prompt_tokens_cached_total", "Prompt tokens that were cached.", labels)
	const bySource = "vllm:prompt_tokens_by_source_total"
	m.computedTokens = counter(bySource, "Prompt tokens by where they came from.", merged(labels, "source", "local_compute"))
	counter(bySource, "Prompt tokens by where they came from.", merged(labels, "source", "local_cache_hit"))
	counter(bySource, "Prompt tokens by where they came from.", merged(labels, "source", "external_kv_transfer"))
	for _, reason := range []string{engine.Stop, engine.Length, engine.Abort, engine.Error, "repetition"} {
		m.success[reason] = counter("vllm:request_success_total", "Finished requests by reason.", merged(labels, "finished_reason", reason))
	}
}

func (m *Metrics) histograms(labels prometheus.Labels, info Info) {
	histogram := func(name, help string, buckets []float64) prometheus.Observer {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, ConstLabels: labels, Buckets: buckets})
		m.registry.MustRegister(h)
		return h
	}
	sizes := oneTwoFive(info.MaxModelLen)
	m.promptSize = histogram("vllm:request_prompt_tokens", "Prompt tokens per request.", sizes)
	m.generationSize = histogram("vllm:request_generation_tokens", "Generated tokens per request.", sizes)
	m.iteration = histogram("vllm:iteration_tokens_total", "Tokens per engine step.", stepTokens)
	m.maxGeneration = histogram("vllm:request_max_num_generation_tokens", "Longest generation per request.", sizes)
	m.paramN = histogram("vllm:request_params_n", "The parameter n of requests.", []float64{1, 2, 5, 10, 20})
	m.paramMax = histogram("vllm:request_params_max_tokens", "The parameter max_tokens of requests.", sizes)
	m.computedSize = histogram("vllm:request_prefill_kv_computed_tokens", "Prompt tokens computed per request.", sizes)
	m.ttft = histogram("vllm:time_to_first_token_seconds", "Time from arrival to first token.", firstLatency)
	m.interToken = histogram("vllm:inter_token_latency_seconds", "Time between two tokens.", tokenLatency)
	m.perOutput = histogram("vllm:request_time_per_output_token_seconds", "Mean time per token after the first, per request.", tokenLatency)
	m.e2e = histogram("vllm:e2e_request_latency_seconds", "Time from arrival to last token.", wholeLatency)
	m.queue = histogram("vllm:request_queue_time_seconds", "Time from arrival to first execution.", wholeLatency)
	m.inference = histogram("vllm:request_inference_time_seconds", "Time from first execution to last token.", wholeLatency)
	m.prefill = histogram("vllm:request_prefill_time_seconds", "Time from first execution to first token.", wholeLatency)
	// Not in vLLM. It shows whether the machine is too busy for a valid simulation.
	m.lateness = histogram("vllmsim:step_lateness_seconds", "SIMULATED: how much later than planned a step was noticed.", lateBy)
	m.decoding = histogram("vllm:request_decode_time_seconds", "Time from first to last token.", wholeLatency)
}

// Requested records the parameters of a request.
func (m *Metrics) Requested(n, maxTokens int) {
	m.paramN.Observe(float64(n))
	m.paramMax.Observe(float64(maxTokens))
}

// Stepped records an engine step.
func (m *Metrics) Stepped(step engine.Step) {
	m.iteration.Observe(float64(step.PrefillTokens + step.DecodeTokens))
	m.preemptions.Add(float64(step.Preempted))
	m.adapters.stepped(step.Adapters)
}

// Woken records the delay of the engine's wake-up.
func (m *Metrics) Woken(late time.Duration) { m.lateness.Observe(late.Seconds()) }

// Produced records a token.
func (m *Metrics) Produced(token engine.Token) {
	m.generationTokens.Inc()
	if !token.First {
		m.interToken.Observe(token.Since.Seconds())
		return
	}
	m.ttft.Observe(token.Since.Seconds())
	m.promptTokens.Add(float64(token.Sequence.PromptTokens))
	m.computedTokens.Add(float64(token.Sequence.PromptTokens))
}

// Finished records the end of a sequence.
func (m *Metrics) Finished(s *engine.Sequence, reason string, now time.Time) {
	if counter, ok := m.success[reason]; ok {
		counter.Inc()
	}
	m.e2e.Observe(now.Sub(s.Arrived).Seconds())
	m.promptSize.Observe(float64(s.PromptTokens))
	m.computedSize.Observe(float64(s.PromptTokens))
	m.generationSize.Observe(float64(s.Output()))
	m.maxGeneration.Observe(float64(s.Output()))
	if s.Scheduled.IsZero() {
		return
	}
	m.queue.Observe(s.Scheduled.Sub(s.Arrived).Seconds())
	if s.FirstToken.IsZero() {
		return
	}
	decoding := s.LastToken.Sub(s.FirstToken)
	m.prefill.Observe(s.FirstToken.Sub(s.Scheduled).Seconds())
	m.inference.Observe(s.LastToken.Sub(s.Scheduled).Seconds())
	m.decoding.Observe(decoding.Seconds())
	if s.Output() > 1 {
		m.perOutput.Observe(decoding.Seconds() / float64(s.Output()-1))
	}
}

// wholeBucket matches a bucket bound that Go writes without a fraction. vLLM's client library
// writes 1.0, and label values are compared as strings.
var wholeBucket = regexp.MustCompile(`le="(\d+)"`)

// ServeHTTP writes the metrics in the text format.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.load() // makes the engine count all steps that have ended
	families, err := m.registry.Gather()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(wholeBucket.ReplaceAll(text.Bytes(), []byte(`le="$1.0"`)))
}

// Cache returns the labels of vllm:cache_config_info that vLLM derives from
// its cache settings.
func Cache(blocks, blockSize int, utilization float64, dtype string) map[string]string {
	return map[string]string{
		"block_size":                      strconv.Itoa(blockSize),
		"cache_dtype":                     dtype,
		"enable_prefix_caching":           "False", // not simulated
		"gpu_memory_utilization":          strconv.FormatFloat(utilization, 'g', -1, 64),
		"is_attention_free":               "False",
		"kv_cache_memory_bytes":           "None",
		"kv_cache_size_tokens":            strconv.Itoa(blocks * blockSize),
		"mamba_cache_mode":                "none",
		"num_cpu_blocks":                  "None",
		"num_gpu_blocks":                  fmt.Sprint(blocks),
		"num_gpu_blocks_override":         "None",
		"prefix_caching_hash_algo":        "sha256",
		"sliding_window":                  "None",
		"user_specified_block_size":       "False",
		"user_specified_mamba_block_size": "False",
		"kv_sharing_fast_prefill":         "False",
		"kv_offloading_size":              "None",
		"kv_offloading_backend":           "native",
	}
}
