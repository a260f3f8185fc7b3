package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

func TestDifferencesFromTheModel(t *testing.T) {
	row := func(policy string, misses, hours float64) report.Row {
		return report.Row{Estimate: result.Estimate{
			Policy: policy, Misses: result.Interval{Estimate: misses, Low: misses - .004, High: misses + .004}, GPUHours: result.Interval{Estimate: hours},
		}}
	}
	steady := func(misses, hours float64) spread {
		return spread{slices.Repeat([]float64{misses}, draws), slices.Repeat([]float64{hours}, draws)}
	}
	swinging := func(low, high float64) spread {
		return spread{slices.Repeat([]float64{.1}, draws), slices.Repeat([]float64{low, high}, draws/2)}
	}
	other := row("b", .29, 3)
	for _, test := range []struct {
		name  string
		first report.Row
		drawn spread
		want  []string // beginnings
	}{
		{"within the limits", row("a", .1, 2), steady(.12, 2.1), nil},
		{"more requests meet the SLO", row("a", .1, 2), steady(.14, 2), []string{"ramp, a: 90.0 % of the requests meet the SLO, in the model 86.0"}},
		{"more GPU-hours", row("a", .1, 2), steady(.1, 1.8), []string{"ramp, a: 2.00 GPU-hours, in the model 1.80"}},
		{"as much as the draws differ", row("a", .1, 2), swinging(1.7, 1.9), nil},
		{"more than the draws differ", row("a", .1, 2.2), swinging(1.7, 1.9), []string{"ramp, a: 2.20 GPU-hours"}},
		{"the other order", row("a", .28, 2), steady(.3, 2), []string{"ramp, a and b: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			load := report.Load{Name: "ramp", Rows: []report.Row{test.first, other}}
			got := differences(load, map[string]spread{"a": test.drawn, "b": steady(.29, 3)})
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
