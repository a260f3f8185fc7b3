package result

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/interp"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// A clairvoyant scaler knows the arrival rate in bins of 15 s, the sync period of the HPA, until
// a replica that it requests now is ready and a minute after.
const (
	rateBin   = 15 * time.Second
	lookAhead = time.Minute
)

// Step is a change of the number of replicas.
type Step struct {
	At       time.Duration
	Replicas int
}

// Schedule returns when a clairvoyant scaler has how many replicas, from 0 on:
// ceil(max rate over [t, t + coldStart + 60 s] / perReplica) within the bounds of the policies.
// perReplica is the rate that a replica is given, in requests/s.
func Schedule(requests []load.Outcome, length, coldStart time.Duration, minimum, maximum int, perReplica float64) []Step {
	rates := rates(requests, length)
	ahead := int((coldStart + lookAhead) / rateBin)
	var steps []Step
	for bin := range rates {
		peak := slices.Max(rates[bin:min(bin+ahead+1, len(rates))])
		replicas := min(max(int(math.Ceil(peak/perReplica)), minimum), maximum)
		if len(steps) == 0 || steps[len(steps)-1].Replicas != replicas {
			steps = append(steps, Step{time.Duration(bin) * rateBin, replicas})
		}
	}
	return steps
}

// rates returns the arrivals a second in each bin. The last bin may be shorter than the others.
func rates(requests []load.Outcome, length time.Duration) []float64 {
	bins := make([]float64, int((length+rateBin-1)/rateBin))
	for _, r := range requests {
		if r.At < length {
			bins[int(r.At/rateBin)]++
		}
	}
	for i := range bins {
		bins[i] /= min(rateBin, length-time.Duration(i)*rateBin).Seconds()
	}
	return bins
}

// Point is one schedule of a clairvoyant scaler after the model ran it.
type Point struct {
	GPUHours float64
	Attained float64 // share of offered requests that met the SLO, 0 to 1
}

// Gap holds how far a policy is from the frontier of the clairvoyant scaler.
type Gap struct {
	// Percent says how many percent more GPU-hours the policy uses than the frontier for the same
	// attainment. It counts only where Outside is "".
	Percent float64
	// AtLeast reports that the gap may be larger: the policy attains less than the cheapest point
	// of the frontier, with which it is compared.
	AtLeast bool `json:",omitempty"`
	// Outside says why there is nothing to compare with.
	Outside string `json:",omitempty"`
}

// Distance returns the gap of a policy. The frontier is linear between its points.
func Distance(policy Point, points []Point) Gap {
	best := undominated(points)
	if len(best) == 0 {
		return Gap{Outside: "no frontier"}
	}
	low, high := best[0], best[len(best)-1]
	gap := func(hours float64) Gap {
		if hours <= 0 {
			return Gap{Outside: "no GPU-hours on the frontier"}
		}
		return Gap{Percent: 100 * (policy.GPUHours/hours - 1)}
	}
	switch {
	case policy.Attained < low.Attained && policy.GPUHours < low.GPUHours:
		return Gap{Outside: "beyond its cheap end"}
	case policy.Attained > high.Attained:
		return Gap{Outside: "beyond its best end"}
	case policy.Attained < low.Attained:
		g := gap(low.GPUHours)
		g.AtLeast = g.Outside == ""
		return g
	case len(best) == 1:
		return gap(low.GPUHours)
	}
	shares, hours := make([]float64, len(best)), make([]float64, len(best))
	for i, p := range best {
		shares[i], hours[i] = p.Attained, p.GPUHours
	}
	var line interp.PiecewiseLinear
	if err := line.Fit(shares, hours); err != nil {
		return Gap{Outside: err.Error()}
	}
	return gap(line.Predict(policy.Attained))
}

// undominated returns the points that no other point beats on both axes, cheapest first: both
// numbers rise.
func undominated(points []Point) []Point {
	sorted := slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.GPUHours, b.GPUHours), cmp.Compare(b.Attained, a.Attained))
	})
	var best []Point
	for _, p := range sorted {
		if len(best) == 0 || p.Attained > best[len(best)-1].Attained {
			best = append(best, p)
		}
	}
	return best
}
