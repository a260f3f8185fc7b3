package main

import (
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/metrics"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/tracing"
)

// lateObserver breaks a cycle: the engine needs its observer, and the metrics need the engine.
type lateObserver struct {
	engine.Observer
}

// reporter counts tokens, and logs vLLM's line about throughput every ten seconds of work. It
// reads the clock only when there is work, so that an idle engine sleeps.
type reporter struct {
	*metrics.Metrics
	log        *logger
	traces     *tracing.Exporter // nil: none
	reported   time.Time
	prompt     int
	generation int
}

const reportEvery = 10 * time.Second

func newReporter(m *metrics.Metrics, log *logger, traces *tracing.Exporter) *reporter {
	return &reporter{Metrics: m, log: log, traces: traces, reported: time.Now()}
}

// Finished counts a request and adds its span.
func (r *reporter) Finished(s *engine.Sequence, reason string, now time.Time) {
	r.Metrics.Finished(s, reason, now)
	r.traces.Finished(s, now)
}

// Stepped counts a step.
func (r *reporter) Stepped(step engine.Step) {
	r.Metrics.Stepped(step)
	r.prompt += step.PrefillTokens
	r.generation += step.DecodeTokens
	since := time.Since(r.reported)
	if since < reportEvery {
		return
	}
	r.log.info("Engine 000: Avg prompt throughput: %.1f tokens/s, Avg generation throughput: %.1f tokens/s, Running: %d reqs",
		float64(r.prompt)/since.Seconds(), float64(r.generation)/since.Seconds(), len(step.Work))
	r.prompt, r.generation, r.reported = 0, 0, time.Now()
}
