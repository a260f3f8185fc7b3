package report

import (
	"math"
	"time"

	"gonum.org/v1/gonum/floats/scalar"
	"gonum.org/v1/gonum/stat"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// Series is a run over time, in bins of StepSeconds: short enough to see a scaler
// act every 15 s, and few enough numbers to be committed.
type Series struct {
	StepSeconds float64
	Arrivals    Values // requests/s
	// Running, Waiting and KV are means; KV is in caches of an engine.
	Running, Waiting, KV Values
	// Wanted, Ready and Pods are those at the end of a bin.
	Wanted, Ready, Pods Values
	Needed              Values // by the clairvoyant schedule; empty without one
	TTFT95              Values // 95th percentile of what arrived in a bin, in seconds
}

const step = 5 * time.Second

func newSeries(t result.Trial, needed result.Schedule) Series {
	bins := int((t.Length + step - 1) / step)
	s := Series{StepSeconds: step.Seconds(), Arrivals: make(Values, bins), TTFT95: make(Values, bins)}
	requests := make([][]result.Request, bins)
	for _, r := range t.Offered() {
		bin := int(r.At / step)
		requests[bin] = append(requests[bin], r)
	}
	samples := make([][]result.Sample, bins)
	for _, sample := range t.Samples {
		if sample.At < t.Length {
			bin := int(max(0, sample.At) / step)
			samples[bin] = append(samples[bin], sample)
		}
	}
	for bin, of := range requests {
		width := min(step, t.Length-time.Duration(bin)*step)
		s.Arrivals[bin] = rounded(float64(len(of)) / width.Seconds())
		s.TTFT95[bin] = math.NaN()
		if ttft := result.TTFT(of); ttft.N > 0 {
			s.TTFT95[bin] = rounded(ttft.P95)
		}
		if len(needed.Steps) > 0 {
			s.Needed = append(s.Needed, float64(needed.Replicas(time.Duration(bin)*step)))
		}
	}
	s.sample(samples)
	return s
}

// sample adds what was sampled in each bin. One without a sample is as the one
// before; before the first, nothing is known.
func (s *Series) sample(bins [][]result.Sample) {
	s.Running = perBin(bins, mean(func(x result.Sample) float64 { return float64(x.Running) }))
	s.Waiting = perBin(bins, mean(func(x result.Sample) float64 { return float64(x.Waiting) }))
	s.KV = perBin(bins, mean(func(x result.Sample) float64 { return x.KV }))
	s.Wanted = perBin(bins, last(func(x result.Sample) int { return x.Wanted }))
	s.Ready = perBin(bins, last(func(x result.Sample) int { return x.Ready }))
	s.Pods = perBin(bins, last(func(x result.Sample) int { return x.Pods }))
}

func perBin(bins [][]result.Sample, value func([]result.Sample) float64) Values {
	values, before := make(Values, len(bins)), math.NaN()
	for i, samples := range bins {
		if len(samples) > 0 {
			before = rounded(value(samples))
		}
		values[i] = before
	}
	return values
}

func mean(of func(result.Sample) float64) func([]result.Sample) float64 {
	return func(samples []result.Sample) float64 {
		values := make([]float64, len(samples))
		for i, s := range samples {
			values[i] = of(s)
		}
		return stat.Mean(values, nil)
	}
}

func last(of func(result.Sample) int) func([]result.Sample) float64 {
	return func(samples []result.Sample) float64 { return float64(of(samples[len(samples)-1])) }
}

// rounded keeps a file small: no plot shows a thousandth.
func rounded(v float64) float64 { return scalar.Round(v, 3) }
