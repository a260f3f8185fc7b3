package loop

import (
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
	"github.com/vllm-eks/vllm-eks/sizing"
)

// ConfigOf returns the simulated engine of an estimate, as vllmsim sizes it.
func ConfigOf(e sizing.Estimate) engine.Config {
	return engine.Config{
		Blocks: e.Memory.Tokens / sizing.BlockSize, BlockSize: sizing.BlockSize,
		MaxNumSeqs: e.Serving.MaxNumSeqs, MaxBatchedTokens: e.Workload.Engine.WithDefaults().MaxBatchedTokens,
		Timing: hardware.Timing{Speed: e.Serving.Speed},
	}
}

// replica is one engine and its pod.
type replica struct {
	core    *engine.Core
	created time.Duration
	ready   time.Duration // start of serving
	leaving bool
	stop    time.Duration // start of leaving
	gone    bool
	end     time.Duration // exit of the pod
	step    engine.Step
	busy    bool
	scraped bool
	signals map[policy.Signal]float64 // at the last scrape
}

// serves reports whether the replica gets new requests.
func (r *replica) serves(now time.Duration) bool { return !r.leaving && r.ready <= now }

// exit ends the pod.
func (r *replica) exit(now time.Duration) { r.gone, r.end = true, now }

// scrape keeps the metrics that Prometheus reads. A loading replica has none.
func (r *replica) scrape(now time.Duration) {
	if r.gone || r.ready > now {
		return
	}
	load := r.core.Load()
	r.scraped = true
	r.signals = map[policy.Signal]float64{
		policy.Running: float64(load.Running), policy.Waiting: float64(load.Waiting),
		policy.Requests: float64(load.Running + load.Waiting), policy.KV: load.KVUsage(),
	}
}
