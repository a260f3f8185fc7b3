package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// By how much the model may differ from a real run and still be of use for
// choosing parameters. A real run is one draw of chance. Where draws of the model
// differ by more among themselves, as they do for policies that swing, so may it.
const (
	pointsOff = 0.03 // of the share of requests that keep the SLO
	hoursOff  = 0.07 // of the GPU-hours
	draws     = 10
)

// spreadOff is how many standard deviations of the draws another draw is from
// their mean at most, in nineteen of twenty cases.
var spreadOff = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: draws - 1}.Quantile(.975) * math.Sqrt(1+1./draws)

// outcome is what runs of a policy come to together.
type outcome struct {
	met, offered, hours float64
	runs                int
}

// outcomes are those of all runs, by policy.
func outcomes(runs []result.Summary) map[string]*outcome {
	all := map[string]*outcome{}
	for _, run := range runs {
		o := all[run.Policy]
		if o == nil {
			o = &outcome{}
			all[run.Policy] = o
		}
		o.met += run.Attained * float64(run.Offered)
		o.offered += float64(run.Offered)
		o.hours += run.GPUHours
		o.runs++
	}
	return all
}

// attained is the share of the requests that kept the SLO.
func (o *outcome) attained() float64 { return o.met / max(o.offered, 1) }

// gpuHours are those of a run.
func (o *outcome) gpuHours() float64 { return o.hours / float64(o.runs) }

// calibrated tells where the model differs from the real runs of a report, of
// those loads and seeds, by more than it may. The seeds of a load count together,
// as they do in the report.
func (o options) calibrated(ctx context.Context, asks []asked, policies []policy.Policy, r report.Report) ([]string, error) {
	var off []string
	for _, c := range r.Comparisons {
		var of []asked
		for _, a := range asks {
			if a.name == c.Load {
				of = append(of, a)
			}
		}
		fmt.Printf("%s: the model of make simulate beside it, %d draws of %d seeds\n", c.Load, draws, len(of))
		drawn, err := o.drawn(ctx, of, policies)
		if err != nil {
			return nil, err
		}
		for _, one := range differences(policies, outcomes(ranOf(of, r.Runs)), drawn, c) {
			off = append(off, c.Load+": "+one)
		}
	}
	return off, nil
}

// ranOf are the real runs of some loads.
func ranOf(asks []asked, runs []report.Run) []result.Summary {
	var all []result.Summary
	for _, run := range runs {
		if slices.ContainsFunc(asks, func(a asked) bool { return a.name == run.Load && int64(a.seed) == run.Seed }) {
			all = append(all, run.Summary)
		}
	}
	return all
}

// drawn is what the model says of loads as chance draws it, several times, by
// policy.
func (o options) drawn(ctx context.Context, asks []asked, policies []policy.Policy) (map[string]spread, error) {
	all := map[string]spread{}
	for draw := range uint64(draws) {
		var runs []result.Summary
		for _, a := range asks {
			trials, err := o.modelled(ctx, a, policies, draw)
			if err != nil {
				return nil, err
			}
			for _, t := range trials {
				runs = append(runs, result.Summarize(t, result.DefaultSLO, result.Schedule{}))
			}
		}
		for name, one := range outcomes(runs) {
			s := all[name]
			all[name] = spread{append(s.attained, one.attained()), append(s.hours, one.gpuHours())}
		}
	}
	return all, nil
}

// spread is what the draws of a policy came to.
type spread struct{ attained, hours []float64 }

// differences are between what ran and what was drawn in the model, in words.
func differences(policies []policy.Policy, ran map[string]*outcome, drawn map[string]spread, intervals result.Comparison) []string {
	var off []string
	for i, p := range policies {
		first, model := ran[p.Name], drawn[p.Name]
		if first == nil {
			continue
		}
		if mean, deviation := stat.MeanStdDev(model.attained, nil); math.Abs(first.attained()-mean) > max(pointsOff, spreadOff*deviation) {
			off = append(off, fmt.Sprintf("%s: %.1f %% of the requests keep the SLO, in the model %.1f ± %.1f", p.Name, 100*first.attained(), 100*mean, 100*deviation))
		}
		if mean, deviation := stat.MeanStdDev(model.hours, nil); math.Abs(first.gpuHours()-mean) > max(hoursOff*first.gpuHours(), spreadOff*deviation) {
			off = append(off, fmt.Sprintf("%s: %.2f GPU-hours, in the model %.2f ± %.2f", p.Name, first.gpuHours(), mean, deviation))
		}
		for _, other := range policies[i+1:] {
			if second := ran[other.Name]; second != nil && apart(intervals, p.Name, other.Name) &&
				(first.attained() < second.attained()) != (stat.Mean(model.attained, nil) < stat.Mean(drawn[other.Name].attained, nil)) {
				off = append(off, fmt.Sprintf("%s and %s: the model has the other one ahead", p.Name, other.Name))
			}
		}
	}
	return off
}

// apart tells whether the intervals of two policies' misses do not overlap.
func apart(c result.Comparison, first, second string) bool {
	a, found := c.Estimate(first)
	b, too := c.Estimate(second)
	return found && too && a.Misses.Apart(b.Misses)
}
