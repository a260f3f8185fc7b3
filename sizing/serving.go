package sizing

import (
	"math"
	"time"
)

// Objectives are what the service promises, and what is asked of it. Zero means
// "not given" in every field.
type Objectives struct {
	// TPOTMilliseconds is the longest time per output token that is still good.
	// Default: 100, which reads faster than people do.
	TPOTMilliseconds float64
	// TTFTMilliseconds is the longest time to the first token that is still good.
	// Default: 2000, after which people begin to wonder.
	TTFTMilliseconds float64
	// InputTokens and OutputTokens are the mean lengths of a request. Default:
	// 1155 and 211, those of Azure's conversation trace of 2023.
	InputTokens, OutputTokens int
}

// WithDefaults returns the objectives with every field set, and lengths that
// one context holds.
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

// Serving is what one replica can do. Everything but Speed is planned with
// PlannedShare of the predicted speed. Where nothing is known of the card's
// speed, ByTPOT and the rates are 0, and memory alone bounds it.
type Serving struct {
	// Speed is the predicted speed of a step.
	Speed Speed
	// ByKV, ByTPOT and BySequences are the three bounds of concurrency: typical
	// requests that the cache holds, that decode within the objective while the
	// prompts of as many are computed in between, and max_num_seqs.
	ByKV, ByTPOT, BySequences int
	// ByTTFT is at how many requests, in the long run, nineteen of twenty prompts
	// do not wait so long to be read that their first token is late. It bounds the
	// target and not the concurrency: more are served, and wait longer. 0 where it
	// bounds nothing, since decoding does.
	ByTTFT int
	// Usable is the least of them: requests at once that one replica serves well.
	Usable int
	// MaxNumSeqs is what to set --max-num-seqs to: a third above Usable, so that
	// queues form in the engine only beyond what it does well.
	MaxNumSeqs int
	// PrefillTokensPerSecond is the rate of prompt tokens with nothing else to
	// do, DecodeTokensPerSecond that of output tokens at Usable requests.
	PrefillTokensPerSecond, DecodeTokensPerSecond float64
	// Growth is by how much load grows, at worst in nineteen of twenty cases,
	// until a replica that is asked for now can help.
	Growth float64
	// Target is the load of one replica, running and waiting requests, at which
	// a scaler keeps it, so that what it grows to until then stays within Usable
	// and ByTTFT; 1 where not even one request does, and 0 where the speed is not
	// known.
	Target int
	// TargetTokensPerSecond is the rate of output tokens at that load, of prompt
	// tokens where the model does not generate.
	TargetTokensPerSecond float64
}

// Scaling targets beside that of the load: the share of the KV cache in use,
// and waiting requests, of one replica. At 0.6 of the cache the growth until
// another replica is there does not yet preempt; two requests that wait are no
// chance (simulation of Azure's conversation trace).
const (
	TargetKVUsage = 0.6
	TargetWaiting = 2
)

// Growth of load. The logarithm of the rate wanders about its mean like an
// Ornstein-Uhlenbeck process: 0.23 is its deviation and 175 s its memory in
// Azure's conversation trace of 2023 (variation of 0.22 at 60 s,
// autocorrelation .74/.67/.53 at 15/60/300 s; growth 1.39 in 120 s).
const (
	wanderDeviation = 0.23
	wanderSeconds   = 175
	// nineteenOfTwenty is the normal deviate below which 95 % lie.
	nineteenOfTwenty = 1.645
	// dispersion is the variance of the number of requests in an engine over its
	// mean in that trace: Poisson arrivals would have 1.
	dispersion = 1.68
	// A scaler takes one scrape to see, and one sync of the HPA to decide. The
	// latter is Kubernetes' default, and so is the former that of this program.
	scrapeSeconds, syncSeconds = 15, 15
	// queueMargin is max_num_seqs over what is served well.
	queueMargin = 4.0 / 3
	// sequencesStep and fewestSequences round max_num_seqs to CUDA graph sizes.
	sequencesStep, fewestSequences = 8, 8
)

// Serve estimates what one replica of the engine can do, with the memory that
// it has, where load is seen within scrape and a replica more is coldStart away.
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
	most := unscattered(s.Usable)
	if s.ByTTFT > 0 {
		most = math.Min(most, float64(s.ByTTFT))
	}
	if speed.Known() {
		s.Target = target(planned, o, most, s.Growth)
	}
	s.TargetTokensPerSecond = planned.Rate(float64(s.Target), o.lengths())
	return s
}

// capacity is how many typical requests the cache holds, each at half of its
// answer, and how many decode within the objective at a speed; the latter is 0
// where the speed is not known.
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

// sequences is what to set max_num_seqs to for so many usable requests, within
// vLLM's own default.
func (e Engine) sequences(usable int) int {
	most, _ := e.defaults()
	wanted := int(math.Ceil(float64(usable)*queueMargin/sequencesStep)) * sequencesStep
	return min(max(wanted, fewestSequences), most)
}

// derivedSequences is max_num_seqs where it is not given. More sequences leave
// less memory to the cache that admits them: what the cache beside the fewest
// would admit is tried, and what the cache beside those admits is taken.
func (e Engine) derivedSequences(o Objectives) int {
	if !e.Shape.Kind.Generates() { // prompts share batches
		most, _ := e.defaults()
		return most
	}
	e.MaxNumSeqs = fewestSequences
	for range 2 {
		m := Fit(e)
		tried := e.WithDefaults()
		speed := tried.Speed().Planned()
		usable, byTPOT := tried.capacity(m, o.WithDefaults(m.MaxModelLen), speed)
		if speed.Known() {
			usable = min(usable, byTPOT)
		}
		e.MaxNumSeqs = tried.sequences(usable)
		if tried.hasState() && m.Blocks > 0 { // each sequence needs a block
			e.MaxNumSeqs = min(e.MaxNumSeqs, m.Blocks)
		}
		if e.MaxBatchedTokens > 0 { // and a token in the batch
			e.MaxNumSeqs = min(e.MaxNumSeqs, e.MaxBatchedTokens)
		}
	}
	return e.MaxNumSeqs
}

// growth is by how much load may grow within so many seconds.
func growth(horizon float64) float64 {
	return math.Exp(nineteenOfTwenty * wanderDeviation * math.Sqrt(1-math.Exp(-2*horizon/wanderSeconds)))
}

// unscattered solves N + 1.645·√(1.68·N) = usable for N: the mean number of
// requests that stays within it in nineteen of twenty cases.
func unscattered(usable int) float64 {
	spread := nineteenOfTwenty * math.Sqrt(dispersion)
	root := (math.Sqrt(spread*spread+4*float64(usable)) - spread) / 2
	return root * root
}

// target is the load at which a replica is kept: that of a rate of requests
// which, grown, gives it no more than most. Near its limit an engine's load
// grows much faster than the rate; where its speed is not known, as fast. It is
// one request where not even that one keeps the objectives.
func target(s Speed, o Objectives, most, growth float64) int {
	grown := most / growth
	if s.Known() && most > 0 {
		grown = s.SequencesAt(s.Rate(most, o.lengths())/growth, o.lengths())
	}
	return max(1, int(math.Round(grown)))
}

// whole is a number of requests: not negative, and small enough to count with.
func whole(x float64) int { return int(math.Min(math.Max(x, 0), math.MaxInt32)) }
