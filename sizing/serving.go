package sizing

import (
	"math"
	"time"
)

// Objectives are the service's objectives (SLO) and the typical request. A zero field
// means "not set".
type Objectives struct {
	// TPOTMilliseconds is the longest time per output token that meets the objectives.
	// Default: 100, which is faster than people read.
	TPOTMilliseconds float64
	// TTFTMilliseconds is the longest time to the first token that meets the
	// objectives. Default: 2000, the time after which a user notices a wait.
	TTFTMilliseconds float64
	// InputTokens and OutputTokens are the mean lengths of a request. Default: 1155 and
	// 211, the lengths in Azure's conversation trace of 2023.
	InputTokens, OutputTokens int
}

// WithDefaults returns the objectives with all fields set. It shortens lengths that
// exceed one context.
func (o Objectives) WithDefaults(maxModelLen int) Objectives {
	if o.TPOTMilliseconds == 0 {
		o.TPOTMilliseconds = 100
	}
	if o.TTFTMilliseconds == 0 {
		o.TTFTMilliseconds = 2000
	}
	if o.InputTokens == 0 {
		o.InputTokens = 1155
	}
	if o.OutputTokens == 0 {
		o.OutputTokens = 211
	}
	if sum := o.InputTokens + o.OutputTokens; maxModelLen > 0 && sum > maxModelLen {
		o.InputTokens = max(1, o.InputTokens*maxModelLen/sum)
		o.OutputTokens = max(1, min(o.OutputTokens, maxModelLen-o.InputTokens))
	}
	return o
}

// Serving is the capacity of one replica. All fields except Speed are planned with
// PlannedShare of the predicted speed. If the GPU's speed is unknown, ByTPOT and the
// rates are 0, and memory alone limits concurrency.
type Serving struct {
	// Speed is the predicted speed of a step.
	Speed Speed
	// ByKV, ByTPOT and BySequences are the three limits of concurrency: the number of
	// typical requests in the KV cache, the number of requests that decode within the
	// objective while the replica also computes their prompts, and max_num_seqs.
	ByKV, ByTPOT, BySequences int
	// ByTTFT is the mean number of requests at which 95 % of the prompts still meet the
	// TTFT objective. It limits the target, not the concurrency: a replica serves more
	// requests, which then wait longer. It is 0 if decoding is the tighter limit.
	ByTTFT int
	// Usable is the smallest limit: the number of requests at once with which one
	// replica meets its objectives.
	Usable int
	// MaxNumSeqs is the value for --max-num-seqs: a third above Usable, so that
	// requests queue in the replica only beyond the load that meets its objectives.
	MaxNumSeqs int
	// PrefillTokensPerSecond is the rate of prompt tokens without other work, and
	// DecodeTokensPerSecond the rate of output tokens with Usable requests.
	PrefillTokensPerSecond, DecodeTokensPerSecond float64
	// Growth is the factor by which the load grows, at the 95th percentile, until a new
	// replica serves.
	Growth float64
	// Target is the load of one replica, in running and waiting requests, that a scaler
	// keeps. After the growth, the load stays within Usable and ByTTFT. It is 1 if even
	// one request does not stay within them, and 0 if the speed is unknown.
	Target int
	// TargetTokensPerSecond is the rate of output tokens at the target, or of prompt
	// tokens if the model does not generate.
	TargetTokensPerSecond float64
}

// Scaling targets of one replica in addition to the load: the share of the KV cache in
// use, and the number of waiting requests. At a share of 0.6, the growth until a new
// replica serves does not preempt requests. Two waiting requests are not random
// (simulation of Azure's conversation trace).
const (
	TargetKVUsage = 0.6
	TargetWaiting = 2
)

// Growth of load. The logarithm of the request rate follows an Ornstein-Uhlenbeck
// process around its mean. In Azure's conversation trace of 2023, its deviation is 0.23
// and its memory 175 s (variation of 0.22 at 60 s, autocorrelation .74/.67/.53 at
// 15/60/300 s; growth 1.39 in 120 s).
const (
	rateDeviation     = 0.23
	rateMemorySeconds = 175
	// deviate95 is the normal deviate of the 95th percentile.
	deviate95 = 1.645
	// dispersion is the variance of the number of requests in a replica divided by its
	// mean, in the same trace; Poisson arrivals have 1.
	dispersion = 1.68
	// A scaler needs one scrape to read the metrics and one sync of the HPA to decide.
	// syncSeconds is Kubernetes' default, scrapeSeconds this program's.
	scrapeSeconds, syncSeconds = 15, 15
	// queueMargin is max_num_seqs divided by Usable.
	queueMargin = 4.0 / 3
	// sequencesStep and fewestSequences round max_num_seqs to sizes of CUDA graphs.
	sequencesStep, fewestSequences = 8, 8
)

// Serve returns the estimated capacity of one replica with its memory. scrape is the
// time between two polls of its metrics, and coldStart the time until a new replica
// serves.
func Serve(e Engine, m Memory, o Objectives, scrape, coldStart time.Duration) Serving {
	e = e.WithDefaults()
	o = o.WithDefaults(m.MaxModelLen)
	speed := e.Speed()
	s := Serving{
		Speed: speed, BySequences: e.MaxNumSeqs,
		Growth: growth(scrape.Seconds() + syncSeconds + coldStart.Seconds()),
	}
	if !e.Shape.Kind.Generates() {
		e.servePrompts(&s, m, o)
		return s
	}
	planned := speed.Planned()
	s.ByKV, s.ByTPOT = e.capacity(m, o, planned)
	s.Usable = min(s.ByKV, s.BySequences)
	if speed.Known() {
		s.Usable = min(s.Usable, s.ByTPOT)
	}
	if read := planned.prompt(o.lengths(), float64(o.InputTokens)); read > 0 {
		s.PrefillTokensPerSecond = float64(o.InputTokens) / read
	}
	s.MaxNumSeqs = e.sequences(s.Usable)
	s.DecodeTokensPerSecond = planned.Rate(float64(s.Usable), o.lengths())
	s.ByTTFT = byTTFT(planned, o)
	limit := meanWithin(s.Usable)
	if s.ByTTFT > 0 {
		limit = math.Min(limit, float64(s.ByTTFT))
	}
	if speed.Known() {
		s.Target = target(planned, o, limit, s.Growth)
	}
	s.TargetTokensPerSecond = planned.Rate(float64(s.Target), o.lengths())
	return s
}

// capacity returns the number of typical requests that the cache holds, each at half of
// its answer, and the number that decodes within the objective at a speed. byTPOT is 0
// if the speed is unknown.
func (e Engine) capacity(m Memory, o Objectives, speed Speed) (byKV, byTPOT int) {
	p := e.pool()
	if blocks := e.blocksFor(p, o.InputTokens+(o.OutputTokens+1)/2); blocks > 0 {
		byKV = m.Blocks / blocks
	}
	if speed.Known() {
		byTPOT = whole(speed.sequencesWithin(o.TPOTMilliseconds/1000, o.lengths()))
	}
	return byKV, byTPOT
}

// sequences returns max_num_seqs for a number of usable requests, at most vLLM's
// default.
func (e Engine) sequences(usable int) int {
	limit, _ := e.defaults()
	sequences := int(math.Ceil(float64(usable)*queueMargin/sequencesStep)) * sequencesStep
	return min(max(sequences, fewestSequences), limit)
}

// derivedSequences returns max_num_seqs if the configuration does not set it. More
// sequences leave less memory for the cache that admits them. So the function first
// takes the number that the cache admits with the fewest sequences, then the number
// that the cache admits with that many.
func (e Engine) derivedSequences(o Objectives) int {
	if !e.Shape.Kind.Generates() { // prompts share batches
		limit, _ := e.defaults()
		return limit
	}
	e.MaxNumSeqs = fewestSequences
	for range 2 {
		m := Fit(e)
		trial := e.WithDefaults()
		speed := trial.Speed().Planned()
		usable, byTPOT := trial.capacity(m, o.WithDefaults(m.MaxModelLen), speed)
		if speed.Known() {
			usable = min(usable, byTPOT)
		}
		e.MaxNumSeqs = trial.sequences(usable)
		if trial.hasState() && m.Blocks > 0 { // each sequence needs a block
			e.MaxNumSeqs = min(e.MaxNumSeqs, m.Blocks)
		}
		if e.MaxBatchedTokens > 0 { // and a token in the batch
			e.MaxNumSeqs = min(e.MaxNumSeqs, e.MaxBatchedTokens)
		}
	}
	return e.MaxNumSeqs
}

// growth returns the factor by which the load may grow within a number of seconds, at
// the 95th percentile.
func growth(horizon float64) float64 {
	return math.Exp(deviate95 * rateDeviation * math.Sqrt(1-math.Exp(-2*horizon/rateMemorySeconds)))
}

// meanWithin solves N + 1.645·√(1.68·N) = usable for N: the mean number of requests
// that stays within usable in 95 % of all cases.
func meanWithin(usable int) float64 {
	spread := deviate95 * math.Sqrt(dispersion)
	root := (math.Sqrt(spread*spread+4*float64(usable)) - spread) / 2
	return root * root
}

// target returns the load of a replica at the request rate that, after the growth,
// results in a load of limit. Near its limit, the load grows much faster than the rate.
// If the speed is unknown, the load grows as fast as the rate. The result is at least
// 1, even if one request does not meet the objectives.
func target(s Speed, o Objectives, limit, growth float64) int {
	load := limit / growth
	if s.Known() && limit > 0 {
		load = s.SequencesAt(s.Rate(limit, o.lengths())/growth, o.lengths())
	}
	return max(1, int(math.Round(load)))
}

// whole returns x as a number of requests: at least 0, and within the range of int32.
func whole(x float64) int { return int(math.Min(math.Max(x, 0), math.MaxInt32)) }
