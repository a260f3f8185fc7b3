package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// A load's seeds count together, a request as much as another: 900 of 1000 and
// 10 of 100 are 910 of 1100.
func TestOutcomesOfSeveralSeeds(t *testing.T) {
	run := func(load string, seed int64, offered int, attained, hours float64) report.Run {
		return report.Run{Summary: result.Summary{Policy: policy.Ours, Load: load, Seed: seed, Offered: offered, Attained: attained, GPUHours: hours}}
	}
	asks := []asked{{name: "ramp", seed: 1}, {name: "ramp", seed: 2}}
	got := outcomes(ranOf(asks, []report.Run{
		run("ramp", 1, 1000, .9, 2), run("ramp", 2, 100, .1, 3), run("ramp", 3, 100, 0, 90), run("code", 1, 100, 0, 90),
	}))[policy.Ours]
	if got == nil || got.attained() != 910./1100 || got.gpuHours() != 2.5 {
		t.Fatalf("got %+v, want 910 of 1100 requests and 2.5 GPU-hours", got)
	}
}

func TestDifferencesFromTheModel(t *testing.T) {
	policies := []policy.Policy{{Name: "a"}, {Name: "b"}}
	apart := result.Comparison{Estimates: []result.Estimate{
		{Policy: "a", Misses: result.Interval{Estimate: .1, Low: .05, High: .15}},
		{Policy: "b", Misses: result.Interval{Estimate: .3, Low: .25, High: .35}},
	}}
	steady := func(attained, hours float64) spread {
		return spread{attained: slices.Repeat([]float64{attained}, draws), hours: slices.Repeat([]float64{hours}, draws)}
	}
	swinging := func(low, high float64) spread {
		return spread{attained: slices.Repeat([]float64{.9}, draws), hours: slices.Repeat([]float64{low, high}, draws/2)}
	}
	ran := func(attained, hours float64) *outcome {
		return &outcome{met: 1000 * attained, offered: 1000, hours: hours, runs: 1}
	}
	for _, test := range []struct {
		name   string
		first  *outcome
		drawn  spread
		second *outcome
		want   []string // beginnings
	}{
		{"as it may", ran(.9, 2), steady(.88, 2.1), ran(.7, 3), nil},
		{"too many keep the SLO", ran(.9, 2), steady(.86, 2), ran(.7, 3), []string{"a: 90.0 % of the requests keep the SLO, in the model 86.0"}},
		{"too few GPU-hours", ran(.9, 2), steady(.9, 1.8), ran(.7, 3), []string{"a: 2.00 GPU-hours, in the model 1.80"}},
		{"as much as its draws differ", ran(.9, 2), swinging(1.7, 1.9), ran(.7, 3), nil},
		{"more than its draws differ", ran(.9, 2.2), swinging(1.7, 1.9), ran(.7, 3), []string{"a: 2.20 GPU-hours"}},
		{"the other one ahead", ran(.72, 2), steady(.7, 2), ran(.71, 3), []string{"a and b: "}},
		{"only one was run", ran(.9, 2), steady(.9, 2), nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := map[string]*outcome{"a": test.first}
			drawn := map[string]spread{"a": test.drawn, "b": steady(.71, 3)}
			if test.second != nil {
				all["b"], drawn["b"] = test.second, steady(test.second.attained(), 3)
			}
			off := differences(policies, all, drawn, apart)
			if !slices.EqualFunc(off, test.want, strings.HasPrefix) {
				t.Errorf("got %q, want %q", off, test.want)
			}
		})
	}
}
