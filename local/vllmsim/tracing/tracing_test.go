package tracing

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// collect returns the spans that an exporter sends, decoded by the collector's own library.
func collect(t *testing.T, env map[string]string, finish func(*Exporter)) ptrace.Traces {
	t.Helper()
	received := ptrace.NewTraces()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		data := ptraceotlp.NewExportRequest()
		if err == nil {
			err = data.UnmarshalJSON(body)
		}
		if err != nil || r.URL.Path != "/v1/traces" || !json.Valid(body) {
			t.Errorf("%s is no export of spans: %v\n%s", r.URL.Path, err, body)
		}
		data.Traces().MoveTo(received)
	}))
	defer server.Close()
	if env["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] == "" {
		env["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"
	}
	exporter, err := New(server.URL+"/v1/traces", func(name string) string { return env[name] }, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	finish(exporter)
	exporter.Flush()
	return received
}

func finished(caller engine.Caller) (s *engine.Sequence, now time.Time) {
	start := time.Unix(1000, 0)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * 1e9)) }
	return &engine.Sequence{PromptTokens: 7, Caller: caller, Arrived: start, Scheduled: at(1), FirstToken: at(3), LastToken: at(7)}, at(8)
}

func TestSpan(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	traces := collect(t, map[string]string{"OTEL_SERVICE_NAME": "chat", "OTEL_RESOURCE_ATTRIBUTES": "k8s.pod.name=chat-1,k8s.namespace.name=inference"}, func(e *Exporter) {
		e.Finished(finished(engine.Caller{RequestID: "cmpl-1", Traceparent: parent}))
	})
	if traces.SpanCount() != 1 {
		t.Fatalf("%d spans are sent", traces.SpanCount())
	}
	resource := traces.ResourceSpans().At(0)
	span := resource.ScopeSpans().At(0).Spans().At(0)
	if span.Name() != "llm_request" || span.Kind() != ptrace.SpanKindServer || span.TraceID().String() != parent[3:35] || span.ParentSpanID().String() != parent[36:52] {
		t.Errorf("the span is %s, %s, trace %s, parent %s", span.Name(), span.Kind(), span.TraceID(), span.ParentSpanID())
	}
	if took := span.EndTimestamp().AsTime().Sub(span.StartTimestamp().AsTime()); took != 8*time.Second {
		t.Errorf("the span took %s", took)
	}
	got := resource.Resource().Attributes().AsRaw()
	for key, value := range span.Attributes().AsRaw() {
		got[key] = value
	}
	for key, want := range map[string]any{
		"service.name": "chat", "k8s.pod.name": "chat-1", "k8s.namespace.name": "inference", "gen_ai.request.id": "cmpl-1",
		"gen_ai.usage.prompt_tokens": int64(7), "gen_ai.latency.time_in_queue": 1.0, "gen_ai.latency.time_to_first_token": 3.0,
		"gen_ai.latency.time_in_model_prefill": 2.0, "gen_ai.latency.time_in_model_decode": 4.0, "gen_ai.latency.time_in_model_inference": 6.0, "gen_ai.latency.e2e": 8.0,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
}

func TestSampling(t *testing.T) {
	none := map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}
	quarter := map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}
	const id = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
	for name, test := range map[string]struct {
		env         map[string]string
		traceparent string
		least, most int
	}{
		"all": {map[string]string{}, "", 1000, 1000}, "none": {none, "", 0, 0}, "a quarter": {quarter, "", 150, 350},
		"the caller's trace": {none, id + "01", 1000, 1000}, "not the caller's": {map[string]string{}, id + "00", 0, 0}, "malformed": {none, "00-1", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			n := collect(t, test.env, func(e *Exporter) {
				for range 1000 {
					e.Finished(finished(engine.Caller{Traceparent: test.traceparent}))
				}
			}).SpanCount()
			if n < test.least || n > test.most {
				t.Errorf("%d of 1000 requests are traced, want %d to %d", n, test.least, test.most)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"unknown protocol": {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"},
		"unknown sampler":  {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf", "OTEL_TRACES_SAMPLER": "jaeger_remote"},
		"no share":         {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf", "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"},
	} {
		if _, err := New("http://collector", func(name string) string { return env[name] }, nil); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	warned := false
	e, err := New("grpc://collector:4317", func(string) string { return "" }, func(error) { warned = true })
	if e != nil || err != nil || !warned {
		t.Errorf("gRPC: %v, %v, warned %t", e, err, warned)
	}
	e.Finished(finished(engine.Caller{})) // nothing happens
	e.Flush()
}
