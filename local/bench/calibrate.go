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

// Limits of the difference between the model and a real run, for choosing parameters with the
// model. A real run is one draw of chance: where draws of the model differ more, so may the run.
const (
	pointsLimit = 0.03 // of the share of requests that meet the SLO
	hoursLimit  = 0.07 // of the GPU-hours
	draws       = 10
)

// drawLimit is the distance of another draw from the mean of the draws, in their standard
// deviations, in 19 of 20 cases.
var drawLimit = distuv.StudentsT{Sigma: 1, Nu: draws - 1}.Quantile(.975) * math.Sqrt(1+1./draws)

// calibrate returns where the model differs from the real runs of a report by more than the
// limits.
func (o options) calibrate(ctx context.Context, traffic []traffic, policies []policy.Policy, r report.Report) ([]string, error) {
	var problems []string
	for _, load := range r.Loads {
		fmt.Printf("%s: %d draws of make simulate, to compare\n", load.Name, draws)
		modelled := map[string]spread{}
		for draw := range uint64(draws) {
			var trials []result.Trial
			for _, t := range traffic {
				if t.name == load.Name {
					drawn, err := o.model(ctx, t, policies, draw)
					if err != nil {
						return nil, err
					}
					trials = append(trials, drawn...)
				}
			}
			estimates, err := result.Compare(trials)
			if err != nil {
				return nil, err
			}
			for _, e := range estimates {
				s := modelled[e.Policy]
				modelled[e.Policy] = spread{append(s.misses, e.Misses.Estimate), append(s.hours, e.GPUHours.Estimate)}
			}
		}
		problems = append(problems, differences(load, modelled)...)
	}
	return problems, nil
}

// spread holds the figures of a policy in each draw.
type spread struct{ misses, hours []float64 }

// differences returns where a load's rows are not what the model says, a sentence each.
func differences(load report.Load, modelled map[string]spread) []string {
	var problems []string
	for i, row := range load.Rows {
		model, misses, hours := modelled[row.Policy], row.Misses.Estimate, row.GPUHours.Estimate
		if mean, deviation := stat.MeanStdDev(model.misses, nil); math.Abs(misses-mean) > max(pointsLimit, drawLimit*deviation) {
			problems = append(problems, fmt.Sprintf("%s, %s: %.1f %% of the requests meet the SLO, in the model %.1f ± %.1f", load.Name, row.Policy, 100*(1-misses), 100*(1-mean), 100*deviation))
		}
		if mean, deviation := stat.MeanStdDev(model.hours, nil); math.Abs(hours-mean) > max(hoursLimit*hours, drawLimit*deviation) {
			problems = append(problems, fmt.Sprintf("%s, %s: %.2f GPU-hours, in the model %.2f ± %.2f", load.Name, row.Policy, hours, mean, deviation))
		}
		for _, next := range load.Rows[i+1:] {
			if row.Misses.Apart(next.Misses) && (misses < next.Misses.Estimate) != (stat.Mean(model.misses, nil) < stat.Mean(modelled[next.Policy].misses, nil)) {
				names := []string{row.Policy, next.Policy}
				slices.Sort(names)
				problems = append(problems, fmt.Sprintf("%s, %s and %s: the model has the other order", load.Name, names[0], names[1]))
			}
		}
	}
	return problems
}
