package sizing

import (
	"fmt"
	"math"
)

// Verdict is the result of comparing available with needed memory.
type Verdict string

const (
	// Fits means that the model fits even if the estimate is wrong by its error.
	Fits Verdict = "fits"
	// Marginal means that the error of the estimate decides.
	Marginal Verdict = "marginal"
	// DoesNotFit means that the model does not fit even if the estimate is wrong by its
	// error.
	DoesNotFit Verdict = "does not fit"
)

// Memory is the memory of one GPU in GiB, and its consequences.
type Memory struct {
	// Usable is the memory that CUDA reports, and Requested vLLM's share of it.
	Usable, Requested float64
	// Weights, Drafter, Adapters, Activation, NonTorch and Graphs are subtracted from
	// Requested. KV is the rest, for the cache. If nothing is left, Short is the
	// missing memory.
	Weights, Drafter, Adapters, Activation, NonTorch, Graphs, KV, Short float64
	// Error is the amount by which KV may be smaller in nine of ten cases, and More the
	// amount by which it may be larger.
	Error, More float64
	// Blocks and Tokens are the size of the cache over all GPUs, as vLLM logs it.
	Blocks, Tokens int
	// MaxModelLen is the longest context of one request in tokens, and Needed the cache
	// that it takes on one GPU.
	MaxModelLen int
	Needed      float64
	// Longest is the longest context that fits, in tokens, at most the length for which
	// the model was trained.
	Longest int
	// Concurrency is the number of requests of MaxModelLen that the cache holds at
	// once.
	Concurrency float64
	// Verdict says whether one request of MaxModelLen fits. Reason says what is
	// missing.
	Verdict Verdict
	Reason  string
	key     string
}

// Key returns the configuration key to change first, so that the model fits: gpu.count
// if the memory is too small for the weights, maxModelLen unless decide found another
// key.
func (m Memory) Key() string {
	switch {
	case m.key != "":
		return m.key
	case m.Short > 0:
		return "gpu.count"
	}
	return "maxModelLen"
}

// Errors of the estimate on one GPU: 0.25 GiB for the allocator and the desktop; a
// share of the memory, whose total differs between drivers and boards (79.15 to 79.35
// GiB on A100 of 80 GB); a share of the subtracted activations, communication and
// graphs, which differ between logs of one configuration; and a share of the weights.
// Nine of ten logs are within the error (TestAccuracy in local/accuracy).
const (
	errorFloorGiB = 0.25
	errorUsable   = 0.005
	errorOverhead = 0.15
	errorWeights  = 0.01
	errorDrafter  = 0.1
)

// manySequencesGiB returns the memory that RTX PRO 6000 needs in addition to the
// computed amount, in GiB: 6 to 9 GiB with 1,024 sequences, in three logs of one
// source. H100 and RTX 5090 needed no additional memory. The cause is unknown.
func (e Engine) manySequencesGiB() float64 {
	const usual, many, additional = 256, 1024, 9
	if e.GPU.Capability < 120 || e.MaxNumSeqs <= usual || e.GPU.UsableGiB < 80 {
		return 0
	}
	return additional * math.Min(1, float64(e.MaxNumSeqs-usual)/(many-usual))
}

// Fit returns the memory of one GPU of a replica.
func Fit(e Engine) Memory {
	e = e.WithDefaults()
	m := Memory{
		Usable: e.GPU.UsableGiB, Requested: e.GPU.UsableGiB * e.Utilization,
		Weights: e.WeightsGiB(), Activation: e.ActivationGiB(), NonTorch: e.NonTorchGiB(), Graphs: e.GraphsGiB(),
		MaxModelLen: e.MaxModelLen,
	}
	m.Adapters, _ = e.AdaptersGiB()
	m.Drafter, _ = e.DrafterGiB()
	remaining := m.Requested - m.Weights - m.Drafter - m.Adapters - m.Activation - m.NonTorch - m.Graphs
	m.KV, m.Short = math.Max(remaining, 0), math.Max(-remaining, 0)
	m.Error = errorFloorGiB + errorUsable*m.Usable + errorOverhead*(m.Adapters+m.Activation+m.NonTorch+m.Graphs) + errorWeights*m.Weights + errorDrafter*m.Drafter + e.doubtGiB()
	m.More = m.Error + e.runnerSlackGiB()
	m.Error += e.manySequencesGiB()
	if e.KVCacheBytes > 0 {
		m.KV, m.Short = float64(e.KVCacheBytes)/gib, 0
	}
	p := e.pool()
	if block := p.blockBytes(); block > 0 {
		m.Blocks = int(math.Min(m.KV*gib/float64(block), math.MaxInt32))
	}
	if e.Blocks > 0 {
		m.Blocks = e.Blocks
		m.KV, m.Short = float64(e.Blocks)*float64(p.blockBytes())/gib, 0
	}
	m.Longest = e.longestIn(p, m.Blocks)
	if trained := e.Shape.MaxLen; trained > 0 && (m.Longest > trained || p.blockBytes() == 0) { // an encoder has no cache
		m.Longest = max(trained, e.MaxModelLen)
	}
	if m.MaxModelLen == Auto || m.MaxModelLen == 0 {
		m.MaxModelLen = m.Longest
		if e.Shape.MaxLen > 0 {
			m.MaxModelLen = min(m.Longest, e.Shape.MaxLen)
		}
		e.MaxModelLen = m.MaxModelLen
	}
	m.Tokens = e.tokensIn(p, m.Blocks)
	if need := e.blocksFor(p, m.MaxModelLen); need > 0 {
		m.Needed = float64(need) * float64(p.blockBytes()) / gib
		m.Concurrency = float64(m.Blocks) / float64(need)
	}
	e.decide(&m)
	return m
}

// decide sets the verdict: it compares the cache with the need of one request.
func (e Engine) decide(m *Memory) {
	refuse := func(format string, values ...any) { m.Verdict, m.Reason = DoesNotFit, fmt.Sprintf(format, values...) }
	doubt := func(format string, values ...any) { m.Verdict, m.Reason = Marginal, fmt.Sprintf(format, values...) }
	fixed := e.KVCacheBytes > 0 || e.Blocks > 0
	spare := m.KV - m.Short - m.Needed
	band := m.Error
	if fixed {
		band = 0
	}
	switch reason := e.cannotRun(); {
	case reason != "":
		refuse("%s", reason)
	case m.Weights > m.Usable:
		refuse("the weights alone are more than the memory")
	case m.Requested > m.Usable-e.Release.contextGiB():
		m.key = "extraArgs"
		refuse("CUDA takes %.2f GiB, so less memory is free than vLLM's share; lower --gpu-memory-utilization", e.Release.contextGiB())
	case fixed && m.Weights+m.Drafter+m.Adapters+m.Activation+m.NonTorch+m.KV > m.Usable:
		m.key = "extraArgs"
		refuse("the requested KV cache does not fit beside the weights and activations")
	case e.hasState() && !e.EnforceEager && e.Release.Since(20) && e.MaxNumSeqs > m.Blocks:
		m.key = "maxNumSeqs"
		refuse("the cache has %d blocks for the states of %d sequences; lower maxNumSeqs", m.Blocks, e.MaxNumSeqs)
	case m.Short > band, fixed && m.Blocks == 0:
		refuse("nothing is left for the KV cache")
	case spare < -band:
		refuse("one request of the longest context needs more KV cache than is left")
	case spare < band:
		doubt("%.2f GiB to spare, and the estimate may be off by %.2f", spare, m.Error)
	case !fixed && e.tightOutside(*m):
		doubt("too little memory is left outside vLLM's share for the CUDA graphs and the kernels' workspaces, which this release does not subtract")
	default:
		m.Verdict = Fits
	}
}

// tightOutside reports whether the start may run out of memory after vLLM has allocated
// the cache. Releases that do not subtract the CUDA graphs capture them outside of
// their share. The kernels of MXFP4 hold workspaces that the profiling run does not
// measure. If less than the sampler's peak remains outside of the share, the sampler's
// warm-up has failed in practice.
func (e Engine) tightOutside(m Memory) bool {
	if e.Shape.Quantization.Method != "mxfp4" || e.Release.subtractsGraphs() {
		return false
	}
	held := 2 * e.Release.contextGiB() // before the share is computed
	if !e.EnforceEager {
		held += e.capturedGiB()
	}
	return m.Usable-m.Requested-held < m.Activation
}
