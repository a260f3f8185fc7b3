package sizing

import (
	"math"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Shares of the data sheet's figures that vLLM reaches, and times without a data sheet.
// They are fitted to 489 measured results of vLLM 0.6 to 0.19 and rounded
// (local/accuracy, docs/sizing.md). Their combination is measured; a single constant is
// not.
const (
	// Shares of the memory's bandwidth: weights, weights of experts, and KV cache.
	readWeights, readExperts, readKV = 0.83, 0.65, 0.90
	// Shares of the arithmetic rate: matrices, and attention of prompts.
	computeDense, computeAttention = 0.56, 0.50
	// computeExperts is the share of the rate of grouped products (kernels.go). This
	// rate falls by the power narrowExperts of the number of GPUs, because each GPU's
	// part of an expert becomes narrower.
	computeExperts, narrowExperts = 0.85, 0.3
	// layerTime is the time of a layer's small kernels, which more GPUs do not shorten.
	// expertTime is the additional time of a layer with experts.
	layerTime, expertTime = 30e-6, 30e-6
	// peersTime, sequenceTime and requestTime are times of the host: of a step over
	// several GPUs, of each sequence in the step, and of each request.
	peersTime, sequenceTime, requestTime = 0.17e-3, 15e-6, 1.6e-3
	// latentReads is the number of times that attention over a latent reads it.
	latentReads = 2
)

// PlannedShare is the share of the predicted speed that plans use. One in ten measured
// results is below this share.
const PlannedShare = 0.75

// Speed holds the times of one step of a replica, in seconds. The zero value means an
// unknown speed.
type Speed struct {
	// weights and experts are the times to read all of them. A token visits the share
	// visit of the experts.
	weights, experts, visit float64
	// dense and expert are the arithmetic times of one token. attend, by kind of layer,
	// is the time of one prompt token for each token that it attends to.
	dense, expert float64
	layers        []layerSpeed
	// fixed is the time of every step. bytesPerToken is the size of each GPU's message
	// of an all-reduce for one token.
	fixed         float64
	link          catalogue.Link
	gpus          int
	reductions    float64
	bytesPerToken float64
	// stages is the number of pipeline stages, which share the sequences.
	stages float64
	// batch is the largest number of tokens in a step.
	batch float64
	// share is the planned share of the speed: 1 as predicted, PlannedShare as planned.
	share float64
}

// layerSpeed holds the times of layers of one kind.
type layerSpeed struct {
	// read is the time to read the cache of one token, state the time to read and write
	// a state of constant size.
	read, state, attend float64
	window              int // in tokens; 0: no window
}

// Known reports whether the speed is known.
func (s Speed) Known() bool { return s.weights > 0 }

// Planned returns the speed for planning, which is PlannedShare of it.
func (s Speed) Planned() Speed {
	s.share *= PlannedShare
	return s
}

// Speed returns the speed of the replica; the zero value if the GPU's speed is unknown.
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
	common, experts, _ := e.Shape.Bytes(element)
	dense := w.Attention/denseGain(g, q.Format(q.Attention)) + mlp/denseGain(g, q.Format(q.MLP)) + head/denseGain(g, q.Format(q.Head))
	moe, format := e.Shape.MoE, q.Format(q.Experts)
	s := Speed{
		weights: common / (readWeights * bandwidth * tensor),
		dense:   2 * dense / (computeDense * peak * tensor * stages),
		link:    g.Link, gpus: e.TensorParallel, bytesPerToken: float64(e.Shape.Hidden) * element,
		stages: stages, batch: float64(e.MaxBatchedTokens), share: 1,
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

// narrowing returns the share of the rate that grouped products keep if each GPU has a
// part of every expert.
func (e Engine) narrowing() float64 {
	if e.ExpertParallel {
		return 1
	}
	return math.Pow(float64(e.TensorParallel), -narrowExperts)
}

// extrapolated reports whether the speed has no measured result: of this GPU, or of
// more than two GPUs over PCIe.
func (e Engine) extrapolated() bool {
	return !e.GPU.Measured || e.TensorParallel > 2 && !e.GPU.Link.NVLink
}

// exchanging returns the share of a step, at the target, in which GPUs exchange data.
func (e Estimate) exchanging() float64 {
	s, l := e.Serving.Speed, e.Workload.Objectives.lengths()
	n := float64(max(e.Serving.Target, 1))
	return s.reductions * s.link.AllReduce(s.gpus, n*(1+l.Input/l.Output)*s.bytesPerToken) / s.typical(n, n, l)
}

// layerSpeeds returns the speeds of all kinds of layers.
func (e Engine) layerSpeeds(bandwidth, peak float64) []layerSpeed {
	var speeds []layerSpeed
	for _, k := range e.Shape.KV {
		count := float64(k.Count)
		if k.Kind == catalogue.State {
			speeds = append(speeds, layerSpeed{state: 2 * count * float64(e.stateBytes(k)) / (readKV * bandwidth * float64(e.PipelineParallel))})
			continue
		}
		speed := layerSpeed{
			read:   count * float64(e.tokenBytes(k)) / (readKV * bandwidth * float64(e.PipelineParallel)),
			attend: 2 * count * float64(e.Shape.Heads) * float64(k.Elements) / (computeAttention * peak * float64(e.GPUs())),
		}
		if mla := e.Shape.MLA; k.Shared && mla != (catalogue.MLA{}) {
			speed.read *= latentReads
			speed.attend *= float64(mla.Expanded+mla.Cached-mla.Latent) / float64(k.Elements)
		}
		if k.Kind == catalogue.Sliding {
			speed.window = k.Window
		}
		speeds = append(speeds, speed)
	}
	return speeds
}

// hostSeconds returns the time of the scheduler and of the workers' host for each step,
// in seconds.
func (r Release) hostSeconds() float64 {
	switch {
	case r.Since(12):
		return 0.5e-3
	case r.Since(10):
		return 1.5e-3
	}
	return 2.4e-3
}

// Batch describes the work of one step.
type Batch struct {
	// Sequences decode one token each. PromptTokens of prompts are computed, and each
	// of them attends to PromptContext tokens on average.
	Sequences, PromptTokens, PromptContext float64
	// Reading is the sum of Speed.Reading over all sequences.
	Reading float64
	// Requests is the number of requests that begin in the step.
	Requests float64
}

// Step returns the duration of a step.
func (s Speed) Step(b Batch) time.Duration {
	return time.Duration(s.step(b) * float64(time.Second))
}

func (s Speed) step(b Batch) float64 {
	return (s.products(b.Sequences, b.PromptTokens, b.PromptContext) + s.rest(b)) / s.share
}

// products returns the time of all matrix products and of the attention of prompts, in
// seconds. Without prompts, both reading and arithmetic count; with prompts, only
// arithmetic.
func (s Speed) products(sequences, tokens, context float64) float64 {
	visited := 1 - math.Pow(1-s.visit, sequences/s.stages)
	minimum := math.Hypot(s.weights, sequences*s.dense) + math.Hypot(s.experts*visited, sequences*s.expert)
	if tokens == 0 {
		return minimum
	}
	attention := 0.0
	for _, l := range s.layers {
		attention += l.attend * l.attended(context)
	}
	return math.Max(minimum, sequences*(s.dense+s.expert)+tokens*(s.dense+s.expert+attention))
}

// rest returns the times that add up over all work of a step, in seconds.
func (s Speed) rest(b Batch) float64 {
	return b.Reading + s.fixed + b.Sequences*sequenceTime + b.Requests*requestTime +
		s.reductions*s.link.AllReduce(s.gpus, (b.Sequences+b.PromptTokens)*s.bytesPerToken)
}

// attended returns the number of tokens of a context to which these layers attend.
func (l layerSpeed) attended(context float64) float64 {
	if l.window > 0 {
		return math.Min(context, float64(l.window))
	}
	return context
}

// Reading returns the time to read the KV cache of one sequence with a number of tokens
// in one step, in seconds.
func (s Speed) Reading(context float64) float64 {
	sum := 0.0
	for _, l := range s.layers {
		sum += l.read*l.attended(context) + l.state
	}
	return sum
}

// Lengths are the lengths of a typical request, in tokens.
type Lengths struct {
	// Input is the length of the prompt and Output that of the answer. The prefix cache
	// already holds Cached tokens of the prompt.
	Input, Cached, Output float64
}

// lengths returns the lengths that the objectives state.
func (o Objectives) lengths() Lengths {
	return Lengths{Input: float64(o.InputTokens), Output: float64(o.OutputTokens)}
}

// typical returns the duration of the mean step with a number of sequences, in seconds.
// Each sequence adds a token, and as many requests begin as end. Some steps compute
// prompts, in batches as large as a step holds. ahead is the number of sequences whose
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
	})) / s.share
}

// Rate returns the output tokens a second of a number of sequences in steady state; 0
// if the speed is unknown.
func (s Speed) Rate(sequences float64, l Lengths) float64 {
	if !s.Known() || sequences <= 0 {
		return 0
	}
	return sequences / s.typical(sequences, sequences, l)
}

// TimePerToken returns the mean time between two tokens of one sequence, in seconds,
// when a number of sequences run. The sequence's prompt is computed before its first
// token.
func (s Speed) TimePerToken(sequences float64, l Lengths) float64 {
	return s.typical(sequences, math.Max(sequences-1, 0), l)
}

// SequencesAt returns the number of sequences at a rate of output tokens a second; +Inf
// if no number reaches this rate.
func (s Speed) SequencesAt(rate float64, l Lengths) float64 {
	if s.Rate(maxSequences, l) <= rate {
		return math.Inf(1)
	}
	return largest(maxSequences, func(n float64) bool { return s.Rate(n, l) <= rate })
}

// sequencesWithin returns the number of sequences whose step takes at most a number of
// seconds.
func (s Speed) sequencesWithin(seconds float64, l Lengths) float64 {
	return largest(maxSequences, func(n float64) bool { return s.typical(n, n, l) <= seconds })
}

// prompt returns how long a replica without other work computes the input of l, which
// consists of prompts of length each, in seconds; 0 if the speed is unknown.
func (s Speed) prompt(l Lengths, each float64) float64 {
	if !s.Known() {
		return 0
	}
	batches := math.Ceil(l.Input / s.batch)
	return batches * s.step(Batch{PromptTokens: l.Input / batches, PromptContext: each / 2, Requests: l.Input / each / batches})
}

// maxSequences is larger than the number of sequences of any replica.
const maxSequences = 1 << 17

// largest returns the largest number up to limit for which holds is true, with an error
// of limit/2³¹. holds must be true for all smaller numbers.
func largest(limit float64, holds func(float64) bool) float64 {
	low, high := 0.0, limit
	for range 31 {
		if middle := (low + high) / 2; holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
