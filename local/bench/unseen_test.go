package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// unseen is a load that the default policy was not chosen with: of other lengths
// and another course than those of package load.
type unseen struct {
	name string
	// gap is the time to the next request, in seconds.
	gap func(random *rand.Rand, at float64) float64
	// Medians and deviations of the logarithm of tokens.
	input, output               float64
	inputVaries, outputVaries   float64
	longestInput, longestOutput int
}

// swinging is a rate that rises and falls by a share of its mean.
func swinging(mean, share, seconds float64) func(*rand.Rand, float64) float64 {
	return func(random *rand.Rand, at float64) float64 {
		return random.ExpFloat64() / (mean * (1 + share*math.Sin(2*math.Pi*at/seconds)))
	}
}

var unseenLoads = []unseen{
	{
		name: "few and long answers, as of models that think", gap: swinging(.5, .5, 1500),
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
		name: "requests in swarms, as of agents",
		gap: func(random *rand.Rand, _ float64) float64 {
			return distuv.Gamma{Alpha: .25, Beta: .25 * 2.5, Src: random}.Rand()
		},
		input: 500, inputVaries: 1.1, longestInput: 8000, output: 200, outputVaries: .9, longestOutput: 2000,
	},
	{
		name: "on and off",
		gap: func(random *rand.Rand, at float64) float64 {
			if int(at/420)%2 == 0 {
				return random.ExpFloat64() / .6
			}
			return random.ExpFloat64() / 5
		},
		input: 700, inputVaries: .9, longestInput: 8000, output: 200, outputVaries: .8, longestOutput: 1000,
	},
}

// arrivals are those until then.
func (u unseen) arrivals(seed uint64, until time.Duration) []load.Arrival {
	random := rand.New(rand.NewPCG(seed, 3))
	tokens := func(median, varies float64, longest int) int {
		return min(longest, max(1, int(median*math.Exp(varies*random.NormFloat64()))))
	}
	var all []load.Arrival
	for at := u.gap(random, 0); at < until.Seconds(); at += u.gap(random, at) {
		all = append(all, load.Arrival{
			At: time.Duration(at * float64(time.Second)), Input: tokens(u.input, u.inputVaries, u.longestInput), Output: tokens(u.output, u.outputVaries, u.longestOutput),
		})
	}
	return all
}

// Also under loads that are not those it was chosen with, no other policy is
// better than the default on both counts.
func TestTheDefaultUnderLoadsItWasNotChosenWith(t *testing.T) {
	o, _, policies := planned(t, "model")
	for _, u := range unseenLoads {
		t.Run(u.name, func(t *testing.T) {
			var trials []result.Trial
			for _, seed := range []uint64{1, 2, 3} {
				a := asked{name: u.name, seed: seed, arrivals: u.arrivals(seed, o.lead+o.length), lead: o.lead, length: o.length}
				of, err := o.modelled(t.Context(), a, policies, 0)
				if err != nil {
					t.Fatal(err)
				}
				trials = append(trials, of...)
			}
			c, err := result.Compare(trials, result.DefaultSLO, result.DefaultBootstrap(o.length))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range policies {
				e, _ := c.Estimate(p.Name)
				text := fmt.Sprintf("%s: %.1f %% @%.2f GPU-hours", p.Name, 100*(1-e.Misses.Estimate), e.GPUHours.Estimate)
				if p.Name == policy.Ours {
					t.Log(text)
					continue
				}
				verdict := c.Verdict(policy.Ours, p.Name)
				t.Logf("%s: ours %s", text, verdict)
				if verdict == result.Worse {
					t.Errorf("%s is better than the default on both", p.Name)
				}
			}
		})
	}
}
