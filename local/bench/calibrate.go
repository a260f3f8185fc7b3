package main

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
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

// calibrated tells where the model differs from a real run by more than it may.
func (o options) calibrated(ctx context.Context, a asked, policies []policy.Policy, trials []result.Trial) ([]string, error) {
	intervals, err := result.Compare(trials, result.DefaultSLO, result.DefaultBootstrap(trials[0].Length))
	if err != nil {
		return nil, err
	}
	var ran []result.Summary
	for _, t := range trials {
		ran = append(ran, result.Summarize(t, result.DefaultSLO, result.Schedule{}))
	}
	return o.differences(ctx, a, policies, ran, intervals)
}

// differences runs the model on a load that was run in reality.
func (o options) differences(ctx context.Context, a asked, policies []policy.Policy, ran []result.Summary, intervals result.Comparison) ([]string, error) {
	attained, hours := map[string][]float64{}, map[string][]float64{}
	for draw := range uint64(draws) {
		trials, err := o.modelled(ctx, a, policies, draw)
		if err != nil {
			return nil, err
		}
		for _, t := range trials {
			s := result.Summarize(t, result.DefaultSLO, result.Schedule{})
			attained[t.Policy] = append(attained[t.Policy], s.Attained)
			hours[t.Policy] = append(hours[t.Policy], s.GPUHours)
		}
	}
	var off []string
	for _, r := range ran {
		if mean, spread := stat.MeanStdDev(attained[r.Policy], nil); math.Abs(r.Attained-mean) > max(pointsOff, spreadOff*spread) {
			off = append(off, fmt.Sprintf("%s: %.1f %% of the requests keep the SLO, in the model %.1f ± %.1f", r.Policy, 100*r.Attained, 100*mean, 100*spread))
		}
		if mean, spread := stat.MeanStdDev(hours[r.Policy], nil); math.Abs(r.GPUHours-mean) > max(hoursOff*r.GPUHours, spreadOff*spread) {
			off = append(off, fmt.Sprintf("%s: %.2f GPU-hours, in the model %.2f ± %.2f", r.Policy, r.GPUHours, mean, spread))
		}
	}
	for i, first := range ran {
		for _, second := range ran[i+1:] {
			if apart(intervals, first.Policy, second.Policy) &&
				(first.Attained < second.Attained) != (stat.Mean(attained[first.Policy], nil) < stat.Mean(attained[second.Policy], nil)) {
				off = append(off, fmt.Sprintf("%s and %s: the model has the other one ahead", first.Policy, second.Policy))
			}
		}
	}
	return off, nil
}

// apart tells whether the intervals of two policies' misses do not overlap.
func apart(c result.Comparison, first, second string) bool {
	a, found := c.Estimate(first)
	b, too := c.Estimate(second)
	return found && too && a.Misses.Apart(b.Misses)
}
