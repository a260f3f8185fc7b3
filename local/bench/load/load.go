// Package load makes arrivals of requests: when, with how long a prompt, and
// for how many tokens. They are made before a run begins and do not depend on
// how it goes (open loop), so that every policy is asked the same.
package load

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// Arrival is one request.
type Arrival struct {
	At     time.Duration // since the load began
	Input  int           // tokens of the prompt
	Output int           // tokens of the answer
}

// Kind is a shape of load.
type Kind string

const (
	// Conversation is people chatting: a rate that wanders, long answers.
	Conversation Kind = "conversation"
	// Code is completion in editors: bursts of long prompts and short answers.
	Code Kind = "code"
	// Step is conversation whose rate is five times as high in the middle third.
	Step Kind = "step"
	// Ramp is conversation whose rate rises to nine times in the first half, and
	// falls in the second.
	Ramp Kind = "ramp"
	// LongPrompts is conversation with prompts three times as long: what happens
	// where the targets were derived for something else.
	LongPrompts Kind = "long-prompts"
)

// Kinds are all of them, the default first.
var Kinds = []Kind{Conversation, Code, Step, Ramp, LongPrompts}

// Spec is a load to be made.
type Spec struct {
	Kind   Kind
	Seed   uint64
	Rate   float64       // mean requests a second
	Length time.Duration // of what counts
	// Lead comes before it, at the load's first rate, for the policies to find
	// their number of engines in.
	Lead time.Duration
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

// Make returns the arrivals, the same ones for the same spec, in order. Times
// are since the lead began.
func Make(s Spec) ([]Arrival, error) {
	if !slices.Contains(Kinds, s.Kind) {
		return nil, fmt.Errorf("load: got %q, want one of %v", s.Kind, Kinds)
	}
	random := rand.NewPCG(s.Seed, 0)
	rate := newRate(s, rand.NewPCG(s.Seed, 1))
	lengths := lengthsOf(s.Kind)
	var all []Arrival
	uniform := rand.New(random)
	for at := time.Duration(0); at < s.Lead+s.Length; at += bin {
		mean := rate(at) * bin.Seconds()
		if mean == 0 {
			continue
		}
		for range int(distuv.Poisson{Lambda: mean, Src: random}.Rand()) {
			input, output := lengths.draw(uniform)
			all = append(all, Arrival{At: at + time.Duration(uniform.Float64()*float64(bin)), Input: input, Output: output})
		}
	}
	slices.SortFunc(all, func(a, b Arrival) int { return cmp.Compare(a.At, b.At) })
	return all, nil
}

// newRate is requests a second in each bin, which it is to be asked for in
// order.
func newRate(s Spec, source rand.Source) func(time.Duration) float64 {
	if s.Kind == Code {
		return bursts(s.Rate, source)
	}
	wander := wandering(source)
	return func(at time.Duration) float64 { return s.Rate * s.shape(at-s.Lead) * wander() }
}

// shape is the mean course of the rate; its own mean over the length is 1.
func (s Spec) shape(at time.Duration) float64 {
	place := math.Max(0, float64(at)/float64(s.Length))
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

// wandering is a factor with mean 1 that changes from bin to bin.
func wandering(source rand.Source) func() float64 {
	normal := distuv.Normal{Sigma: wanderDeviation, Src: source}
	keep := math.Exp(-bin.Seconds() / wanderSeconds)
	x := normal.Rand()
	return func() float64 {
		x = keep*x + math.Sqrt(1-keep*keep)*normal.Rand()
		return math.Exp(x - wanderDeviation*wanderDeviation/2)
	}
}

// bursts is a rate that is on and off, with the mean that is asked for.
func bursts(rate float64, source rand.Source) func(time.Duration) float64 {
	on := false
	peak := rate * (burstSeconds + pauseSeconds) / burstSeconds
	until := 0.0
	return func(at time.Duration) float64 {
		for at.Seconds() >= until {
			on = !on
			mean := pauseSeconds
			if on {
				mean = burstSeconds
			}
			until += distuv.Exponential{Rate: 1 / mean, Src: source}.Rand()
		}
		if on {
			return peak
		}
		return 0
	}
}
