package report

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// row is a policy under a load, over its seeds. What is not an interval is the
// mean over them, and lateness the largest.
type row struct {
	Policy string
	Ours   bool
	Seeds  int
	// Compared tells whether there are intervals.
	Compared   bool
	Attained   result.Interval // share, 0 to 1
	GPUHours   result.Interval // of a run
	Difference *result.Difference
	Verdict    result.Verdict // about it, of ours: "" for ours itself
	Gap        result.Gap

	TTFT, TPOT                                 result.Quantiles
	MeanReady, PeakReady                       float64
	Decision, Ready, Overshoot                 *float64
	Reversals, Preemptions, Truncated, Refused float64
	Late, StepLateness                         float64
	Invalid                                    int // runs
}

// rows of a load, the one that attained most first.
func (r Report) rows(c result.Comparison) []row {
	var rows []row
	for _, policy := range r.policies() {
		runs := slices.DeleteFunc(slices.Clone(r.Runs), func(run Run) bool { return run.Load != c.Load || run.Policy != policy })
		if len(runs) > 0 {
			rows = append(rows, r.row(c, runs))
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Attained.Estimate, a.Attained.Estimate), cmp.Compare(a.GPUHours.Estimate, b.GPUHours.Estimate))
	})
	return rows
}

func (r Report) row(c result.Comparison, runs []Run) row {
	policy := runs[0].Policy
	x := row{Policy: policy, Ours: policy == r.Settings.Ours, Seeds: len(runs)}
	x.Attained.Estimate = over(runs, func(s Run) float64 { return s.Attained })
	x.GPUHours.Estimate = over(runs, func(s Run) float64 { return s.GPUHours })
	if e, ok := c.Estimate(policy); ok {
		x.Compared, x.GPUHours, x.Seeds = true, e.GPUHours, len(c.Seeds)
		x.Attained = result.Interval{Estimate: 1 - e.Misses.Estimate, Low: 1 - e.Misses.High, High: 1 - e.Misses.Low}
		runs = slices.DeleteFunc(slices.Clone(runs), func(run Run) bool { return !slices.Contains(c.Seeds, run.Seed) })
	}
	if d, ok := c.Difference(policy, r.Settings.Ours); ok {
		x.Difference, x.Verdict = &d, c.Verdict(r.Settings.Ours, policy)
	}
	x.Gap = result.Distance(result.Summary{Attained: x.Attained.Estimate, GPUHours: x.GPUHours.Estimate}, r.meanPoints(c))
	x.TTFT = meanQuantiles(runs, func(s Run) result.Quantiles { return s.TTFT })
	x.TPOT = meanQuantiles(runs, func(s Run) result.Quantiles { return s.TPOT })
	x.MeanReady = over(runs, func(s Run) float64 { return s.MeanReady })
	x.PeakReady = over(runs, func(s Run) float64 { return float64(s.PeakReady) })
	x.Decision = overKnown(runs, func(s Run) *float64 { return s.FirstDecision })
	x.Ready = overKnown(runs, func(s Run) *float64 { return s.FirstReady })
	x.Overshoot = overKnown(runs, func(s Run) *float64 {
		if s.Overshoot == nil {
			return nil
		}
		v := float64(*s.Overshoot)
		return &v
	})
	x.Reversals = over(runs, func(s Run) float64 { return float64(s.Reversals) })
	x.Preemptions = over(runs, func(s Run) float64 { return float64(s.Preemptions) })
	x.Truncated = over(runs, func(s Run) float64 { return float64(s.Truncated) })
	x.Refused = over(runs, func(s Run) float64 { return float64(s.Refused) })
	for _, run := range runs {
		x.Late, x.StepLateness = max(x.Late, run.Late), max(x.StepLateness, run.StepLateness)
		if run.Invalid != "" {
			x.Invalid++
		}
	}
	return x
}

// over is the mean over runs.
func over(runs []Run, of func(Run) float64) float64 {
	values := make([]float64, len(runs))
	for i, run := range runs {
		values[i] = of(run)
	}
	return stat.Mean(values, nil)
}

// overKnown is the mean over the runs that have a value; nil if none has.
func overKnown(runs []Run, of func(Run) *float64) *float64 {
	var values []float64
	for _, run := range runs {
		if v := of(run); v != nil {
			values = append(values, *v)
		}
	}
	if len(values) == 0 {
		return nil
	}
	mean := stat.Mean(values, nil)
	return &mean
}

func meanQuantiles(runs []Run, of func(Run) result.Quantiles) result.Quantiles {
	var sum result.Quantiles
	var p50, p95, p99 []float64
	for _, run := range runs {
		q := of(run)
		if q.N == 0 {
			continue
		}
		sum.N += q.N
		p50, p95, p99 = append(p50, q.P50), append(p95, q.P95), append(p99, q.P99)
	}
	if sum.N > 0 {
		sum.P50, sum.P95, sum.P99 = stat.Mean(p50, nil), stat.Mean(p95, nil), stat.Mean(p99, nil)
	}
	return sum
}

// meanPoints are the frontier of a load: each the mean over the seeds that are
// compared, whose caps differ as the lengths of their requests do.
func (r Report) meanPoints(c result.Comparison) []result.Point {
	var caps, hours, slos [][]float64 // by point, then by seed
	for _, seed := range r.seeds(c.Load) {
		if len(c.Seeds) > 0 && !slices.Contains(c.Seeds, seed) {
			continue
		}
		for i, p := range r.points(c.Load, seed) {
			if i == len(caps) {
				caps, hours, slos = append(caps, nil), append(hours, nil), append(slos, nil)
			}
			caps[i], hours[i], slos[i] = append(caps[i], p.Cap), append(hours[i], p.GPUHours), append(slos[i], p.SLO)
		}
	}
	points := make([]result.Point, len(caps))
	for i := range points {
		points[i] = result.Point{Cap: stat.Mean(caps[i], nil), GPUHours: stat.Mean(hours[i], nil), SLO: stat.Mean(slos[i], nil)}
	}
	return points
}
