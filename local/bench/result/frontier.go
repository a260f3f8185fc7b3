package result

import (
	"math"
	"time"
)

// What the clairvoyant knows: the rate of arrivals in bins of 15 s, which is the
// period of the HPA, from now until an engine asked for now is ready and a
// minute after.
const (
	rateBin   = 15 * time.Second
	lookAhead = time.Minute
)

// Step is a change of the number of engines.
type Step struct {
	At       time.Duration
	Replicas int
}

// Schedule is how many engines to ask for and when, for one that knows the load
// to come. Its first step is at 0.
type Schedule struct {
	Cap   float64 // requests/s that it counts on from an engine
	Steps []Step
}

// Replicas are those asked for at a moment; 0 of an empty schedule.
func (s Schedule) Replicas(at time.Duration) int {
	replicas := 0
	for _, step := range s.Steps {
		if step.At > at {
			break
		}
		replicas = step.Replicas
	}
	return replicas
}

// GPUHours are those of its engines until length, each from when it is asked
// for to when it no longer is, at one GPU each.
func (s Schedule) GPUHours(length time.Duration) float64 {
	var sum time.Duration
	for i, step := range s.Steps {
		until := length
		if i+1 < len(s.Steps) {
			until = min(length, s.Steps[i+1].At)
		}
		sum += max(0, until-step.At) * time.Duration(step.Replicas)
	}
	return sum.Hours()
}

// Frontier is, for every cap, replicas(t) = ceil(max λ over [t, t+coldStart+60 s]
// / cap) within the bounds that policies have, too.
func Frontier(requests []Request, length, coldStart time.Duration, minimum, maximum int, caps []float64) []Schedule {
	peaks := aheadOf(rates(requests, length), coldStart+lookAhead)
	schedules := make([]Schedule, len(caps))
	for i, perEngine := range caps {
		var steps []Step
		for bin, peak := range peaks {
			replicas := min(max(int(math.Ceil(peak/perEngine)), minimum), maximum)
			if len(steps) == 0 || steps[len(steps)-1].Replicas != replicas {
				steps = append(steps, Step{time.Duration(bin) * rateBin, replicas})
			}
		}
		schedules[i] = Schedule{Cap: perEngine, Steps: steps}
	}
	return schedules
}

// rates are of arrivals, a second, in each bin until length. The last one may be
// shorter than the others.
func rates(requests []Request, length time.Duration) []float64 {
	bins := make([]float64, int((length+rateBin-1)/rateBin))
	for _, r := range requests {
		if r.At < length {
			bins[int(r.At/rateBin)]++
		}
	}
	for i := range bins {
		width := min(rateBin, length-time.Duration(i)*rateBin)
		bins[i] /= width.Seconds()
	}
	return bins
}

// aheadOf is, for each bin, the largest rate from its begin until window later.
func aheadOf(rates []float64, window time.Duration) []float64 {
	peaks := make([]float64, len(rates))
	for i := range rates {
		for j := i; j < len(rates) && j <= i+int(window/rateBin); j++ {
			peaks[i] = max(peaks[i], rates[j])
		}
	}
	return peaks
}
