package loop

import (
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
	"github.com/vllm-eks/vllm-eks/sizing"
)

// ConfigOf is the simulated engine of an estimate, as vllmsim sizes it.
func ConfigOf(e sizing.Estimate) engine.Config {
	return engine.Config{
		Blocks: e.Memory.Tokens / sizing.BlockSize, BlockSize: sizing.BlockSize,
		MaxNumSeqs: e.Serving.MaxNumSeqs, MaxBatchedTokens: e.Workload.Engine.WithDefaults().MaxBatchedTokens,
		Timing: hardware.Timing{Speed: e.Serving.Speed},
	}
}

// server is one engine and the pod that it runs in.
type server struct {
	core    *engine.Core
	created time.Duration
	ready   time.Duration // when it takes requests
	leaving bool
	told    time.Duration // when it was told to leave
	gone    bool
	left    time.Duration // when its pod ended
	step    engine.Step
	busy    bool
	scraped bool
	signals map[policy.Signal]float64 // at the last scrape
}

// drained is when a leaving engine stops to wait for proxies to notice.
func (s *server) drained(drain time.Duration) time.Duration { return s.told + drain }

// serves tells whether it gets new requests.
func (s *server) serves(now time.Duration) bool { return !s.leaving && s.ready <= now }

// scrape keeps what Prometheus reads. An engine that loads has nothing.
func (s *server) scrape(now time.Duration) {
	if s.gone || s.ready > now {
		return
	}
	load := s.core.Load()
	s.scraped = true
	s.signals = map[policy.Signal]float64{
		policy.Running: float64(load.Running), policy.Waiting: float64(load.Waiting),
		policy.Requests: float64(load.Running + load.Waiting), policy.KV: load.KVUsage(),
	}
}
