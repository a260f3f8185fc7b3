// Package tracing sends a span of each finished request to a collector, with the name and the
// attributes of vLLM's spans. It sends OTLP as JSON, while vLLM sends it as protobuf: a replica
// then needs neither library, which would be most of its memory and of its build.
package tracing

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

const (
	// exportEvery and queued are defaults of OpenTelemetry's batch processor: the delay of an
	// export in which there are spans, and the number of spans that wait at most.
	// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
	exportEvery = 5 * time.Second
	queued      = 2048
	// exportTimeout bounds one export.
	exportTimeout = 10 * time.Second
	serverKind    = 2 // SPAN_KIND_SERVER
)

// Exporter collects spans and sends them. It sends nothing while no request ends.
type Exporter struct {
	url      string
	resource []attribute
	ratio    float64
	failed   func(error)

	mu      sync.Mutex
	spans   []span
	pending bool // an export is scheduled
}

// New returns an exporter to the URL of --otlp-traces-endpoint; nil if that is "". env looks up
// the variables of OpenTelemetry's SDK. failed is called with the error of each failed export.
func New(url string, env func(string) string, failed func(error)) (*Exporter, error) {
	if url == "" {
		return nil, nil //nolint:nilnil // without a collector there is no exporter
	}
	switch protocol := env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"); protocol {
	case "http/protobuf":
	case "", "grpc":
		failed(errors.New("none are sent: gRPC is not simulated; set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf"))
		return nil, nil //nolint:nilnil // like a collector that does not answer
	default:
		return nil, fmt.Errorf("unsupported OTLP protocol '%s' is configured", protocol)
	}
	e := &Exporter{url: url, ratio: 1, failed: failed}
	switch sampler := env("OTEL_TRACES_SAMPLER"); sampler {
	case "", "parentbased_always_on":
	case "parentbased_traceidratio":
		ratio, err := strconv.ParseFloat(env("OTEL_TRACES_SAMPLER_ARG"), 64)
		if err != nil || ratio < 0 || ratio > 1 {
			return nil, fmt.Errorf("OTEL_TRACES_SAMPLER_ARG=%q is not a share from 0 to 1", env("OTEL_TRACES_SAMPLER_ARG"))
		}
		e.ratio = ratio
	default:
		return nil, fmt.Errorf("the sampler %s is not simulated", sampler)
	}
	name := env("OTEL_SERVICE_NAME")
	if name == "" {
		name = "unknown_service"
	}
	e.resource = append(e.resource, text("service.name", name))
	for pair := range strings.SplitSeq(env("OTEL_RESOURCE_ATTRIBUTES"), ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			e.resource = append(e.resource, text(strings.TrimSpace(key), strings.TrimSpace(value)))
		}
	}
	return e, nil
}

// traceparent is the header of W3C Trace Context, version 00.
// https://www.w3.org/TR/trace-context/#traceparent-header
var traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$`)

// Finished adds the span of a request, if it is sampled: as its caller decided, else by the ratio.
func (e *Exporter) Finished(s *engine.Sequence, now time.Time) {
	if e == nil {
		return
	}
	added := span{TraceID: randomID(16), SpanID: randomID(8), Name: "llm_request", Kind: serverKind, Start: nanoseconds(s.Arrived), End: nanoseconds(now), Attributes: attributes(s, now)}
	sampled := e.ratio == 1 || share(added.TraceID) < e.ratio
	if parent := traceparent.FindStringSubmatch(s.Caller.Traceparent); parent != nil {
		added.TraceID, added.ParentID = parent[1], parent[2]
		flags, err := strconv.ParseUint(parent[3], 16, 8)
		sampled = err == nil && flags&1 == 1
	}
	if !sampled {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.spans) < queued {
		e.spans = append(e.spans, added)
	}
	if !e.pending {
		e.pending = true
		time.AfterFunc(exportEvery, e.export)
	}
}

// Flush sends the remaining spans.
func (e *Exporter) Flush() {
	if e != nil {
		e.export()
	}
}

// export sends the spans that wait.
func (e *Exporter) export() {
	e.mu.Lock()
	spans := e.spans
	e.spans, e.pending = nil, false
	e.mu.Unlock()
	if len(spans) == 0 {
		return
	}
	if err := e.send(spans); err != nil {
		e.failed(fmt.Errorf("%d spans are lost: %w", len(spans), err))
	}
}

func (e *Exporter) send(spans []span) error {
	var data request
	data.ResourceSpans = []resourceSpans{{Resource: resource{Attributes: e.resource}, ScopeSpans: []scopeSpans{{Scope: scope{Name: "vllm.llm_engine"}, Spans: spans}}}}
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), exportTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the collector answered %s", response.Status)
	}
	return nil
}

// attributes returns those of vLLM's span (SpanAttributes in vllm/tracing/utils.py at 0bf3270fe1,
// set by do_tracing in vllm/v1/engine/output_processor.py). They hold no text.
func attributes(s *engine.Sequence, now time.Time) []attribute {
	list := []attribute{
		text("gen_ai.request.id", s.Caller.RequestID),
		number("gen_ai.usage.prompt_tokens", s.PromptTokens),
		number("gen_ai.usage.completion_tokens", s.Output()),
		seconds("gen_ai.latency.e2e", now.Sub(s.Arrived)),
	}
	if !s.Scheduled.IsZero() {
		list = append(list, seconds("gen_ai.latency.time_in_queue", s.Scheduled.Sub(s.Arrived)))
	}
	if !s.FirstToken.IsZero() {
		list = append(list,
			seconds("gen_ai.latency.time_to_first_token", s.FirstToken.Sub(s.Arrived)),
			seconds("gen_ai.latency.time_in_model_prefill", s.FirstToken.Sub(s.Scheduled)),
			seconds("gen_ai.latency.time_in_model_decode", s.LastToken.Sub(s.FirstToken)),
			seconds("gen_ai.latency.time_in_model_inference", s.LastToken.Sub(s.Scheduled)),
		)
	}
	return list
}

// share returns the number from 0 to 1 by which a trace is sampled.
func share(traceID string) float64 {
	n, _ := strconv.ParseUint(traceID[16:], 16, 64) // 16 hexadecimal digits
	return float64(n) / (1 << 64)
}

func randomID(size int) string {
	id := make([]byte, size)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}
