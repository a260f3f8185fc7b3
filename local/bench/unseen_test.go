package main

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// unseen is a load with which the default policy was not chosen: with other lengths and another
// course than the loads of package load.
type unseen struct {
	name string
	// gap is the time to the next request, in seconds.
	gap func(random *rand.Rand, seconds float64) float64
	// Medians and deviations of the logarithm of tokens.
	input, output               float64
	inputVaries, outputVaries   float64
	longestInput, longestOutput int
}

// swinging returns gaps for a rate that rises and falls by a share of its mean in each period.
func swinging(mean, share, period float64) func(*rand.Rand, float64) float64 {
	return func(random *rand.Rand, seconds float64) float64 {
		return random.ExpFloat64() / (mean * (1 + share*math.Sin(2*math.Pi*seconds/period)))
	}
}

var unseenLoads = []unseen{
	{
		name: "few and long answers, as of reasoning models", gap: swinging(.5, .5, 1500),
		input: 300, inputVaries: .8, longestInput: 4000, output: 1500, outputVaries: .7, longestOutput: 8000,
	},
	{
		name: "many and short answers, as of classifiers", gap: swinging(15, .6, 1200),
		input: 120, inputVaries: .6, longestInput: 1000, output: 20, outputVaries: .6, longestOutput: 100,
	},
	{
		name: "documents and summaries", gap: swinging(.35, .4, 1500),
		input: 6000, inputVaries: .8, longestInput: 14000, output: 180, outputVaries: .8, longestOutput: 1500,
	},
	{
		name: "bursts of requests, as of agents",
		gap: func(random *rand.Rand, _ float64) float64 {
			return distuv.Gamma{Alpha: .25, Beta: .25 * 2.5, Src: random}.Rand()
		},
		input: 500, inputVaries: 1.1, longestInput: 8000, output: 200, outputVaries: .9, longestOutput: 2000,
	},
	{
		name: "alternating rates",
		gap: func(random *rand.Rand, seconds float64) float64 {
			if int(seconds/420)%2 == 0 {
				return random.ExpFloat64() / .6
			}
			return random.ExpFloat64() / 5
		},
		input: 700, inputVaries: .9, longestInput: 8000, output: 200, outputVaries: .8, longestOutput: 1000,
	},
}

func (u unseen) arrivals(seed uint64, length time.Duration) []load.Arrival {
	random := rand.New(rand.NewPCG(seed, 3))
	tokens := func(median, varies float64, longest int) int {
		return min(longest, max(1, int(median*math.Exp(varies*random.NormFloat64()))))
	}
	var arrivals []load.Arrival
	for seconds := u.gap(random, 0); seconds < length.Seconds(); seconds += u.gap(random, seconds) {
		arrivals = append(arrivals, load.Arrival{
			At: time.Duration(seconds * float64(time.Second)), Input: tokens(u.input, u.inputVaries, u.longestInput), Output: tokens(u.output, u.outputVaries, u.longestOutput),
		})
	}
	return arrivals
}

// No other policy is better than the default on both axes, also under loads with which the
// default was not chosen.
func TestTheDefaultUnderUnseenLoads(t *testing.T) {
	o, _, policies := planned(t, "model")
	for _, u := range unseenLoads {
		t.Run(u.name, func(t *testing.T) {
			var trials []result.Trial
			for _, seed := range []uint64{1, 2, 3} {
				l := traffic{name: u.name, seed: seed, arrivals: u.arrivals(seed, o.warmUp+o.length), warmUp: o.warmUp, length: o.length}
				run, err := o.model(t.Context(), l, policies, 0)
				if err != nil {
					t.Fatal(err)
				}
				trials = append(trials, run...)
			}
			estimates, err := result.Compare(trials)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range estimates {
				t.Logf("%s: %.1f %% at %.2f GPU-hours; the default %s", e.Policy, 100*(1-e.Misses.Estimate), e.GPUHours.Estimate, e.Verdict)
				if e.Verdict == result.Worse {
					t.Errorf("%s is better than the default on both", e.Policy)
				}
			}
		})
	}
}
