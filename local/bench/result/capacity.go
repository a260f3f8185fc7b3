package result

import (
	"time"

	"gonum.org/v1/gonum/stat"
)

// overlap is how much of a pod's life lies between two moments.
func (p Pod) overlap(from, to time.Duration) time.Duration {
	return max(0, min(p.Gone, to)-max(p.Created, from))
}

// GPUHours are those of all pods while the load lasted, at one GPU each.
func (t Trial) GPUHours() float64 {
	var sum time.Duration
	for _, p := range t.Pods {
		sum += p.overlap(0, t.Length)
	}
	return sum.Hours()
}

// sampled are the samples while the load lasted.
func (t Trial) sampled() []Sample {
	for i, s := range t.Samples {
		if s.At >= t.Length {
			return t.Samples[:i]
		}
	}
	return t.Samples
}

// ready is the mean over time and the peak of the ready engines. A sample holds
// until the next, the first one also before it.
func (t Trial) ready() (mean float64, peak int) {
	samples := t.sampled()
	if len(samples) == 0 {
		return 0, 0
	}
	values, weights := make([]float64, len(samples)), make([]float64, len(samples))
	from := time.Duration(0)
	for i, s := range samples {
		until := t.Length
		if i+1 < len(samples) {
			until = samples[i+1].At
		}
		values[i], weights[i] = float64(s.Ready), (until - from).Seconds()
		from, peak = until, max(peak, s.Ready)
	}
	return stat.Mean(values, weights), peak
}
