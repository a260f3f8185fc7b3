// Package load generates the arrivals of requests with the lengths of prompts and answers, and
// sends them. The arrivals exist before a run starts and do not depend on it (open loop), so that
// every service gets the same load, and a slow answer does not delay the next request.
package load

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Arrival is one request.
type Arrival struct {
	At     time.Duration // since the start of the load
	Input  int           // tokens of the prompt
	Output int           // tokens of the answer
}

// Kind is a shape of load.
type Kind string

const (
	// Conversation is chat: a rate that wanders, long answers.
	Conversation Kind = "conversation"
	// Code is completion in editors: bursts of long prompts and short answers.
	Code Kind = "code"
	// Step is conversation whose rate is five times as high in the middle third.
	Step Kind = "step"
	// Ramp is conversation whose rate rises to nine times in the first half, and
	// falls in the second.
	Ramp Kind = "ramp"
	// LongPrompts is conversation with prompts three times as long, for which no target was derived.
	LongPrompts Kind = "long-prompts"
	// Poisson has the lengths of conversation at a constant rate.
	Poisson Kind = "poisson"
)

// Recorded returns the kinds whose rate varies as in recorded traces, the default of a comparison
// first.
func Recorded() []Kind { return []Kind{Conversation, Code, Step, Ramp, LongPrompts} }

// Kinds returns every kind.
func Kinds() []Kind { return append([]Kind{Poisson}, Recorded()...) }

// Spec describes a load.
type Spec struct {
	Kind   Kind
	Seed   uint64
	Rate   float64       // mean requests a second
	Length time.Duration // of the part that counts
	// Input and Output are the lengths of every prompt and every answer, in tokens. Default: the
	// lengths of the kind.
	Input, Output int
	// WarmUp comes before it, at the first rate of the load, so that the policies find their number
	// of replicas.
	WarmUp time.Duration
}

// Statistics of the conversation trace of Azure's public dataset of 2023
// (AzureLLMInferenceTrace_conv): the logarithm of the rate wanders like an
// Ornstein-Uhlenbeck process, which at 5.53 requests a second gives the trace's
// Fano factors of 5, 16 and 56 in 15, 60 and 300 s.
const (
	wanderDeviation = 0.23
	wanderSeconds   = 175
)

// The bursts of its code trace: of two states with exponential lengths, these
// give the trace's 2.57 requests a second and its Fano factors of 99 and 164 in
// 15 and 60 s.
const (
	burstSeconds, pauseSeconds = 11.2, 46.4
)

const (
	stepFactor   = 5
	rampFactor   = 9
	promptFactor = 3
	bin          = time.Second // in which the rate is constant
)

// Make returns the arrivals of a load in order, the same for the same spec. Times count from the
// start of the warm-up.
func Make(s Spec) ([]Arrival, error) {
	if !slices.Contains(Kinds(), s.Kind) {
		return nil, fmt.Errorf("load: got %q, want one of %v", s.Kind, Kinds())
	}
	uniform := rand.New(rand.NewPCG(s.Seed, 0))
	rate := newRate(s, rand.NewPCG(s.Seed, 1))
	lengths := lengthsOf(s.Kind)
	var arrivals []Arrival
	for start := time.Duration(0); start < s.WarmUp+s.Length; start += bin {
		mean := rate(start) * bin.Seconds()
		if mean == 0 {
			continue
		}
		for range poisson(uniform, mean) {
			input, output := lengths.draw(uniform)
			input, output = cmp.Or(s.Input, input), cmp.Or(s.Output, output)
			due := start + time.Duration(uniform.Float64()*float64(bin))
			if due < s.WarmUp+s.Length { // the last bin can be longer than the load
				arrivals = append(arrivals, Arrival{At: due, Input: input, Output: output})
			}
		}
	}
	slices.SortFunc(arrivals, func(a, b Arrival) int { return cmp.Compare(a.At, b.At) })
	return arrivals, nil
}

// newRate returns a function that returns the requests a second in each bin, in order.
func newRate(s Spec, source rand.Source) func(time.Duration) float64 {
	switch s.Kind {
	case Code:
		return bursts(s.Rate, source)
	case Poisson:
		return func(time.Duration) float64 { return s.Rate }
	}
	wander := wandering(source)
	return func(t time.Duration) float64 { return s.Rate * s.shape(t-s.WarmUp) * wander() }
}

// shape returns the mean course of the rate; its own mean over the length is 1.
func (s Spec) shape(t time.Duration) float64 {
	place := math.Max(0, float64(t)/float64(s.Length))
	switch s.Kind {
	case Step:
		low := 3.0 / (2 + stepFactor)
		if place >= 1.0/3 && place < 2.0/3 {
			return stepFactor * low
		}
		return low
	case Ramp:
		low := 2.0 / (1 + rampFactor)
		return low * (1 + (rampFactor-1)*(1-math.Abs(2*place-1)))
	default:
		return 1
	}
}

// wandering returns a factor with mean 1 that changes from bin to bin.
func wandering(source rand.Source) func() float64 {
	random := rand.New(source)
	keep := math.Exp(-bin.Seconds() / wanderSeconds)
	x := wanderDeviation * random.NormFloat64()
	return func() float64 {
		x = keep*x + math.Sqrt(1-keep*keep)*(wanderDeviation*random.NormFloat64())
		return math.Exp(x - wanderDeviation*wanderDeviation/2)
	}
}

// bursts returns a rate that alternates between a peak and 0, with the requested mean.
func bursts(rate float64, source rand.Source) func(time.Duration) float64 {
	random, burst := rand.New(source), false
	peak := rate * (burstSeconds + pauseSeconds) / burstSeconds
	end := 0.0
	return func(t time.Duration) float64 {
		for t.Seconds() >= end {
			burst = !burst
			mean := pauseSeconds
			if burst {
				mean = burstSeconds
			}
			end += random.ExpFloat64() / (1 / mean)
		}
		if burst {
			return peak
		}
		return 0
	}
}
