package metrics

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

func scrape(t *testing.T, m *Metrics) (map[string]*dto.MetricFamily, string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return families, w.Body.String()
}

func sample(t *testing.T) (map[string]*dto.MetricFamily, string) {
	t.Helper()
	load := engine.Load{Running: 3, Waiting: 2, UsedBlocks: 25, AllBlocks: 100}
	m := New(Info{ModelName: "mistral-7b", MaxModelLen: 8192, CacheConfig: Cache(100, 16, 0.92, "auto")}, func() engine.Load { return load })
	arrived := time.Unix(0, 0)
	s := &engine.Sequence{
		PromptTokens: 10, Arrived: arrived, Scheduled: arrived.Add(time.Second),
		FirstToken: arrived.Add(2 * time.Second), LastToken: arrived.Add(4 * time.Second),
	}
	m.Stepped(engine.Step{PrefillTokens: 10, DecodeTokens: 2, Preempted: 1})
	m.Produced(engine.Token{Sequence: s, First: true, Since: 2 * time.Second})
	m.Produced(engine.Token{Sequence: s, Since: 30 * time.Millisecond})
	m.Finished(s, engine.Length, arrived.Add(4*time.Second))
	m.Requested(1, 100)
	m.Served("/v1/chat/completions", "POST", 200, time.Second)
	m.Served("/health", "GET", 200, time.Second)
	m.Served("", "GET", 404, time.Second)
	return scrape(t, m)
}

// Names and kinds as vLLM exposes them.
func TestNamesKindsAndLabels(t *testing.T) {
	families, _ := sample(t)
	kinds := map[dto.MetricType][]string{
		dto.MetricType_GAUGE: {"num_requests_running", "num_requests_waiting", "num_requests_waiting_by_reason", "kv_cache_usage_perc", "engine_sleep_state", "cache_config_info"},
		dto.MetricType_COUNTER: {
			"num_preemptions_total", "prompt_tokens_total", "prompt_tokens_cached_total", "prompt_tokens_by_source_total", "generation_tokens_total",
			"prefix_cache_queries_total", "prefix_cache_hits_total", "external_prefix_cache_queries_total", "external_prefix_cache_hits_total",
			"mm_cache_queries_total", "mm_cache_hits_total", "request_success_total",
		},
		dto.MetricType_HISTOGRAM: {
			"time_to_first_token_seconds", "inter_token_latency_seconds", "request_time_per_output_token_seconds", "e2e_request_latency_seconds",
			"request_queue_time_seconds", "request_prefill_time_seconds", "request_decode_time_seconds", "request_inference_time_seconds",
			"request_prompt_tokens", "request_generation_tokens", "request_max_num_generation_tokens", "request_params_n", "request_params_max_tokens",
			"request_prefill_kv_computed_tokens", "iteration_tokens_total",
		},
	}
	for kind, names := range kinds {
		for _, name := range names {
			family := families["vllm:"+name]
			if family == nil || family.GetType() != kind {
				t.Errorf("vllm:%s is %v, want %v", name, family.GetType(), kind)
				continue
			}
			for _, metric := range family.GetMetric() {
				labels := map[string]string{}
				for _, pair := range metric.GetLabel() {
					labels[pair.GetName()] = pair.GetValue()
				}
				if labels["engine"] != "0" || name != "cache_config_info" && labels["model_name"] != "mistral-7b" {
					t.Errorf("vllm:%s has labels %v", name, labels)
				}
			}
		}
	}
	for _, gone := range []string{"vllm:gpu_cache_usage_perc", "vllm:avg_generation_throughput_toks_per_s", "vllm:time_per_output_token_seconds"} {
		if families[gone] != nil {
			t.Errorf("%s has been gone from vLLM for long", gone)
		}
	}
}

func TestBuckets(t *testing.T) {
	families, text := sample(t)
	bounds := func(name string) []float64 {
		var out []float64
		for _, bucket := range families[name].GetMetric()[0].GetHistogram().GetBucket() {
			out = append(out, bucket.GetUpperBound())
		}
		return out[:len(out)-1] // without +Inf
	}
	want := map[string][]float64{
		"vllm:time_to_first_token_seconds": {.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560},
		"vllm:request_prompt_tokens":       {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000},
		"vllm:request_params_n":            {1, 2, 5, 10, 20},
		"vllm:iteration_tokens_total":      {1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384},
		"vllm:inter_token_latency_seconds": tokenLatency,
		"vllm:e2e_request_latency_seconds": wholeLatency,
	}
	for name, buckets := range want {
		if got := bounds(name); !slices.Equal(got, buckets) {
			t.Errorf("%s: %v\nwant %v", name, got, buckets)
		}
	}
	for _, line := range []string{`le="1.0"`, `le="2560.0"`, `le="0.25"`, `le="+Inf"`} {
		if !strings.Contains(text, line) {
			t.Errorf("no bucket %s, as Python writes it", line)
		}
	}
	if strings.Contains(text, `le="1"`) {
		t.Error(`a bucket le="1", which no query for vLLM matches`)
	}
}

func TestValues(t *testing.T) {
	families, text := sample(t)
	for _, line := range []string{
		`vllm:num_requests_running{engine="0",model_name="mistral-7b"} 3`,
		`vllm:num_requests_waiting_by_reason{engine="0",model_name="mistral-7b",reason="capacity"} 2`,
		`vllm:kv_cache_usage_perc{engine="0",model_name="mistral-7b"} 0.25`,
		`vllm:num_preemptions_total{engine="0",model_name="mistral-7b"} 1`,
		`vllm:generation_tokens_total{engine="0",model_name="mistral-7b"} 2`,
		`vllm:prompt_tokens_total{engine="0",model_name="mistral-7b"} 10`,
		`vllm:request_success_total{engine="0",finished_reason="length",model_name="mistral-7b"} 1`,
		`vllm:request_success_total{engine="0",finished_reason="abort",model_name="mistral-7b"} 0`,
		`vllm:request_queue_time_seconds_sum{engine="0",model_name="mistral-7b"} 1`,
		`vllm:time_to_first_token_seconds_sum{engine="0",model_name="mistral-7b"} 2`,
		`http_requests_total{handler="/v1/chat/completions",method="POST",status="2xx"} 1`,
		`http_requests_total{handler="none",method="GET",status="4xx"} 1`,
		`num_gpu_blocks="100"`,
		`kv_cache_size_tokens="1600"`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("missing: %s", line)
		}
	}
	if strings.Contains(text, `handler="/health"`) {
		t.Error("/health is counted")
	}
	if n := families["vllm:inter_token_latency_seconds"].GetMetric()[0].GetHistogram().GetSampleCount(); n != 1 {
		t.Errorf("%d inter-token times for two tokens", n)
	}
}
