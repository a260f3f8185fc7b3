package result

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Estimate is what a policy comes to over all seeds of a load.
type Estimate struct {
	Policy   string
	Misses   Interval // share of offered requests, 0 to 1
	GPUHours Interval // of a run
}

// Difference is a policy less another under the same arrivals. The same blocks
// were resampled of both, so what the load does to both drops out of it.
type Difference struct {
	Policy, Versus string
	Misses         Interval
	GPUHours       Interval
}

// Comparison is of policies under one load.
type Comparison struct {
	Load  string
	Seeds []int64 // that every policy was run with: only these are compared
	// BlockSeconds is the length of the bootstrap's blocks.
	BlockSeconds float64
	Estimates    []Estimate
	Differences  []Difference // of every policy to every other
}

// Compare compares policies over the trials of one load.
func Compare(trials []Trial, slo SLO, b Bootstrap) (Comparison, error) {
	if len(trials) == 0 {
		return Comparison{}, errors.New("there is no trial to compare")
	}
	c := Comparison{Load: trials[0].Load, BlockSeconds: b.Block.Seconds()}
	policies, ledgers, err := c.pair(trials, slo)
	if err != nil || len(c.Seeds) == 0 {
		return c, err
	}
	misses, hours, blocks := resample(ledgers, b)
	for i, policy := range policies {
		all := whole(ledgers[i])
		c.Estimates = append(c.Estimates, Estimate{policy, interval(all.misses(), misses[i], blocks),
			interval(all.gpuSeconds/3600/float64(len(c.Seeds)), hours[i], blocks)})
	}
	for i, a := range c.Estimates {
		for j, to := range c.Estimates {
			if i == j {
				continue
			}
			c.Differences = append(c.Differences, Difference{a.Policy, to.Policy,
				interval(a.Misses.Estimate-to.Misses.Estimate, less(misses[i], misses[j]), blocks),
				interval(a.GPUHours.Estimate-to.GPUHours.Estimate, less(hours[i], hours[j]), blocks)})
		}
	}
	return c, nil
}

func less(a, b []float64) []float64 { return floats.SubTo(make([]float64, len(a)), a, b) }

// pair sets the seeds that every policy was run with, and gives the ledgers of
// each policy in the order of these. Policies keep the order of the trials.
func (c *Comparison) pair(trials []Trial, slo SLO) (policies []string, ledgers [][]ledger, err error) {
	of := map[string]map[int64]Trial{}
	for _, t := range trials {
		if t.Load != c.Load {
			return nil, nil, fmt.Errorf("%s: its load is %q, and that of the others %q; compare one load at a time", t.Policy, t.Load, c.Load)
		}
		if of[t.Policy] == nil {
			policies, of[t.Policy] = append(policies, t.Policy), map[int64]Trial{}
		}
		if _, twice := of[t.Policy][t.Seed]; twice {
			return nil, nil, fmt.Errorf("%s: there are two trials under %q with seed %d; give one", t.Policy, t.Load, t.Seed)
		}
		of[t.Policy][t.Seed] = t
	}
	for seed := range of[policies[0]] {
		if !slices.ContainsFunc(policies, func(p string) bool { _, has := of[p][seed]; return !has }) {
			c.Seeds = append(c.Seeds, seed)
		}
	}
	slices.Sort(c.Seeds)
	for _, policy := range policies {
		var runs []ledger
		for _, seed := range c.Seeds {
			t, first := of[policy][seed], of[policies[0]][seed]
			if t.Length <= 0 || t.Length != first.Length {
				return nil, nil, fmt.Errorf("%s: its run with seed %d is %v long, and that of %s %v; all must be the same and above 0",
					policy, seed, t.Length, first.Policy, first.Length)
			}
			runs = append(runs, newLedger(t, slo))
		}
		ledgers = append(ledgers, runs)
	}
	return policies, ledgers, nil
}

// whole is everything of a policy's runs.
func whole(runs []ledger) tally {
	var all tally
	for _, l := range runs {
		l.add(&all, 0, l.bins)
	}
	return all
}

// resample gives, for each policy, the misses and the GPU-hours of a run in each
// resample, and of how many blocks one is. One without a request, as a recorded
// load with long pauses may give, says nothing and is drawn again.
func resample(ledgers [][]ledger, b Bootstrap) (misses, hours [][]float64, blocks int) {
	var bins []int
	total := 0
	for _, l := range ledgers[0] {
		bins, total = append(bins, l.bins), total+l.bins
	}
	width := max(1, min(int(b.Block/resolution), slices.Min(bins)))
	random := rand.New(rand.NewPCG(b.Seed, 0))
	misses, hours = make([][]float64, len(ledgers)), make([][]float64, len(ledgers))
	some := whole(ledgers[0]).offered > 0
	for range b.Resamples {
		drawn := draw(random, bins, width)
		for some && summed(ledgers[0], drawn, width).offered == 0 {
			drawn = draw(random, bins, width)
		}
		blocks = len(drawn)
		for i, runs := range ledgers {
			sum := summed(runs, drawn, width)
			// The blocks may be a little longer than the runs together.
			share := float64(total) / float64(blocks*width) / float64(len(runs))
			misses[i] = append(misses[i], sum.misses())
			hours[i] = append(hours[i], sum.gpuSeconds/3600*share)
		}
	}
	return misses, hours, blocks
}

// summed is what is in the blocks of a policy's runs.
func summed(runs []ledger, drawn []block, width int) tally {
	var sum tally
	for _, at := range drawn {
		runs[at.run].add(&sum, at.start, width)
	}
	return sum
}
