package sizing

import (
	"math"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Shares of the data sheet's figures that an engine reaches, and times that no
// data sheet has. Fitted to 489 measured results of vLLM 0.6 to 0.19 and rounded
// (local/accuracy, docs/sizing.md): the sum holds, a constant alone is no
// measurement.
const (
	// Of the memory's bandwidth: weights, those of experts, the KV cache.
	readWeights, readExperts, readKV = 0.83, 0.65, 0.90
	// Of the rate of arithmetic: matrices, and attention of prompts.
	computeDense, computeAttention = 0.56, 0.50
	// computeExperts is of the rate of grouped products (kernels.go), which falls
	// as each GPU's share becomes narrower, by this power of their number.
	computeExperts, narrowExperts = 0.85, 0.3
	// layerTime is that of a layer's small kernels, which no GPU more makes
	// shorter, and expertTime what a layer with experts adds.
	layerTime, expertTime = 30e-6, 30e-6
	// peersTime, sequenceTime and requestTime are the host's: of a step over
	// several GPUs, of each sequence in it, and of each request.
	peersTime, sequenceTime, requestTime = 0.17e-3, 15e-6, 1.6e-3
	// latentReads is how often attention over a latent reads it.
	latentReads = 2
)

// PlannedShare is the share of the predicted speed that is planned with. Of the
// measured results one in ten is below it.
const PlannedShare = 0.75

// Speed is how fast one engine steps. The zero value knows nothing. All times
// are in seconds.
type Speed struct {
	// weights and experts are to read all of them; a token visits the share visit
	// of the experts.
	weights, experts, visit float64
	// dense and expert are the arithmetic of one token, and attend that of one
	// token that a token of a prompt attends to, by kind of layer.
	dense, expert float64
	layers        []layerSpeed
	// fixed is of every step, and each GPU's message of an all-reduce has so many
	// bytes a token.
	fixed         float64
	link          catalogue.Link
	gpus          int
	reductions    float64
	bytesPerToken float64
	// stages are of the pipeline, which share sequences.
	stages float64
	// batch is the most tokens of a step.
	batch float64
	// slower divides the speed: 1 as predicted, PlannedShare as planned.
	slower float64
}

// layerSpeed is that of layers of one kind.
type layerSpeed struct {
	// read is to read what is kept of one token, state to read and write what does
	// not grow.
	read, state, attend float64
	window              int // 0: none
}

// Known reports whether anything is known of the speed.
func (s Speed) Known() bool { return s.weights > 0 }

// Planned returns the speed to plan with.
func (s Speed) Planned() Speed {
	s.slower *= PlannedShare
	return s
}

// Speed returns the speed of the engine; the zero value where the card's is not
// known.
func (e Engine) Speed() Speed {
	e = e.WithDefaults()
	g := e.GPU
	if !g.HasSpeed() || e.Shape.Layers == 0 {
		return Speed{}
	}
	tensor, stages := float64(e.TensorParallel), float64(e.PipelineParallel)
	bandwidth, peak := g.MemoryGBps*1e9, g.TFLOPS*1e12
	w, q, element := e.Shape.Weights, e.Shape.Quantization, e.bytesPerElement()
	mlp, head := w.Linear-w.Attention, math.Min(float64(e.Shape.Hidden)*float64(e.Shape.Vocab), w.Embedding)
	every, experts, _ := e.Shape.Bytes(element)
	dense := w.Attention/denseGain(g, q.Format(q.Attention)) + mlp/denseGain(g, q.Format(q.MLP)) + head/denseGain(g, q.Format(q.Head))
	moe, format := e.Shape.MoE, q.Format(q.Experts)
	s := Speed{
		weights: every / (readWeights * bandwidth * tensor),
		dense:   2 * dense / (computeDense * peak * tensor * stages),
		link:    g.Link, gpus: e.TensorParallel, bytesPerToken: float64(e.Shape.Hidden) * element,
		stages: stages, batch: float64(e.MaxBatchedTokens), slower: 1,
	}
	layers := float64(e.Shape.Layers)
	s.reductions = 2 * layers
	s.fixed = layers*layerTime + float64(moe.Layers)*expertTime + stages*e.Release.hostSeconds()
	if e.GPUs() > 1 {
		s.fixed += peersTime
	}
	if moe.Experts > 0 {
		grouped := groupedTFLOPS(g, format) * 1e12
		s.visit = float64(moe.PerToken) / float64(moe.Experts)
		s.experts = experts / (readExperts * groupedReads(g, format) * bandwidth * tensor)
		s.expert = 2 * w.Experts * s.visit / (computeExperts * grouped * e.narrowing() * tensor * stages)
	}
	s.layers = e.layerSpeeds(bandwidth, peak)
	return s
}

// narrowing is what grouped products lose where each GPU has a part of every
// expert.
func (e Engine) narrowing() float64 {
	if e.ExpertParallel {
		return 1
	}
	return math.Pow(float64(e.TensorParallel), -narrowExperts)
}

// extrapolated reports whether no measured result stands behind the engine's
// speed: those of other cards, or for PCIe of two GPUs.
func (e Engine) extrapolated() bool {
	return !e.GPU.Measured || e.TensorParallel > 2 && !e.GPU.Link.NVLink
}

// exchanging returns the share of a step, at the target, in which GPUs exchange
// data.
func (e Estimate) exchanging() float64 {
	s, l := e.Serving.Speed, e.Workload.Objectives.lengths()
	n := float64(max(e.Serving.Target, 1))
	return s.reductions * s.link.AllReduce(s.gpus, n*(1+l.Input/l.Output)*s.bytesPerToken) / s.typical(n, n, l)
}

// layerSpeeds returns those of all kinds of layers.
func (e Engine) layerSpeeds(bandwidth, peak float64) []layerSpeed {
	var all []layerSpeed
	for _, k := range e.Shape.KV {
		count := float64(k.Count)
		if k.Kind == catalogue.State {
			all = append(all, layerSpeed{state: 2 * count * float64(e.stateBytes(k)) / (readKV * bandwidth * float64(e.PipelineParallel))})
			continue
		}
		one := layerSpeed{
			read:   count * float64(e.tokenBytes(k)) / (readKV * bandwidth * float64(e.PipelineParallel)),
			attend: 2 * count * float64(e.Shape.Heads) * float64(k.Elements) / (computeAttention * peak * float64(e.GPUs())),
		}
		if mla := e.Shape.MLA; k.Shared && mla != (catalogue.MLA{}) {
			one.read *= latentReads
			one.attend *= float64(mla.Expanded+mla.Cached-mla.Latent) / float64(k.Elements)
		}
		if k.Kind == catalogue.Sliding {
			one.window = k.Window
		}
		all = append(all, one)
	}
	return all
}

// hostSeconds is what the scheduler and the workers' host need for each step.
func (r Release) hostSeconds() float64 {
	switch {
	case r.Since(12):
		return 0.5e-3
	case r.Since(10):
		return 1.5e-3
	}
	return 2.4e-3
}

// Batch is the work of one step.
type Batch struct {
	// Sequences decode one token each, and PromptTokens of prompts are computed,
	// each of which attends to PromptContext tokens in the mean.
	Sequences, PromptTokens, PromptContext float64
	// Reading is the sum of Reading of the sequences.
	Reading float64
	// Requests begin in this step.
	Requests float64
}

// Step returns how long a step takes.
func (s Speed) Step(b Batch) time.Duration {
	return time.Duration(s.step(b) * float64(time.Second))
}

func (s Speed) step(b Batch) float64 {
	return (s.products(b.Sequences, b.PromptTokens, b.PromptContext) + s.rest(b)) / s.slower
}

// products are all matrix products, and the attention of prompts: without
// prompts both reading and arithmetic count, with prompts arithmetic.
func (s Speed) products(sequences, tokens, context float64) float64 {
	touched := 1 - math.Pow(1-s.visit, sequences/s.stages)
	least := math.Hypot(s.weights, sequences*s.dense) + math.Hypot(s.experts*touched, sequences*s.expert)
	if tokens == 0 {
		return least
	}
	attended := 0.0
	for _, l := range s.layers {
		attended += l.attend * l.seen(context)
	}
	return math.Max(least, sequences*(s.dense+s.expert)+tokens*(s.dense+s.expert+attended))
}

// rest is what adds up over all work of a step.
func (s Speed) rest(b Batch) float64 {
	return b.Reading + s.fixed + b.Sequences*sequenceTime + b.Requests*requestTime +
		s.reductions*s.link.AllReduce(s.gpus, (b.Sequences+b.PromptTokens)*s.bytesPerToken)
}

// seen is how many tokens of a context such layers look at.
func (l layerSpeed) seen(context float64) float64 {
	if l.window > 0 {
		return math.Min(context, float64(l.window))
	}
	return context
}

// Reading returns how long a step reads the KV cache of one sequence with so
// many tokens, in seconds.
func (s Speed) Reading(context float64) float64 {
	sum := 0.0
	for _, l := range s.layers {
		sum += l.read*l.seen(context) + l.state
	}
	return sum
}

// Lengths are those of a typical request, in tokens.
type Lengths struct {
	// Input are those of the prompt, of which Cached are found in the cache of
	// prefixes, and Output those of the answer.
	Input, Cached, Output float64
}

// lengths returns those that the objectives state.
func (o Objectives) lengths() Lengths {
	return Lengths{Input: float64(o.InputTokens), Output: float64(o.OutputTokens)}
}

// typical returns the mean step with so many sequences, in seconds: each adds a
// token, and as many requests begin as end. Prompts are computed in some steps,
// in batches as large as a step holds; ahead is how many of the sequences'
// prompts count.
func (s Speed) typical(sequences, ahead float64, l Lengths) float64 {
	tokens := ahead * (l.Input - l.Cached) / l.Output
	share := math.Min(1, tokens/s.batch)
	work := (1 - share) * s.products(sequences, 0, 0)
	if share > 0 {
		work += share * s.products(sequences, tokens/share, (l.Input+l.Cached)/2)
	}
	return (work + s.rest(Batch{
		Sequences: sequences, PromptTokens: tokens, Reading: sequences * s.Reading(l.Input+l.Output/2), Requests: sequences / l.Output,
	})) / s.slower
}

// Rate returns the output tokens a second of so many sequences in steady state;
// 0 where nothing is known.
func (s Speed) Rate(sequences float64, l Lengths) float64 {
	if !s.Known() || sequences <= 0 {
		return 0
	}
	return sequences / s.typical(sequences, sequences, l)
}

// TimePerToken returns the mean time between two tokens of one of so many
// sequences, in seconds. Its own prompt is computed before the first.
func (s Speed) TimePerToken(sequences float64, l Lengths) float64 {
	return s.typical(sequences, math.Max(sequences-1, 0), l)
}

// SequencesAt returns how many sequences there are at a rate of output tokens a
// second; +Inf where that is faster than any number of them.
func (s Speed) SequencesAt(rate float64, l Lengths) float64 {
	if s.Rate(mostSequences, l) <= rate {
		return math.Inf(1)
	}
	return largest(mostSequences, func(n float64) bool { return s.Rate(n, l) <= rate })
}

// sequencesWithin returns how many sequences step within so many seconds.
func (s Speed) sequencesWithin(seconds float64, l Lengths) float64 {
	return largest(mostSequences, func(n float64) bool { return s.typical(n, n, l) <= seconds })
}

// prompt returns how long an engine without other work computes the input of l,
// of prompts as long as each, in seconds; 0 where nothing is known.
func (s Speed) prompt(l Lengths, each float64) float64 {
	if !s.Known() {
		return 0
	}
	batches := math.Ceil(l.Input / s.batch)
	return batches * s.step(Batch{PromptTokens: l.Input / batches, PromptContext: each / 2, Requests: l.Input / each / batches})
}

// mostSequences is more than any engine has.
const mostSequences = 1 << 17

// largest returns the largest number up to most for which holds is true, to within
// most/2³¹, if it is so up to there.
func largest(most float64, holds func(float64) bool) float64 {
	low, high := 0.0, most
	for range 31 {
		if middle := (low + high) / 2; holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
