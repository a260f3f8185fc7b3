package result

import (
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
)

// Offered are the requests that count: those that arrived while the load lasted.
func (t Trial) Offered() []Request {
	offered := make([]Request, 0, len(t.Requests))
	for _, r := range t.Requests {
		if r.At < t.Length {
			offered = append(offered, r)
		}
	}
	return offered
}

// began tells whether any of the answer came. How many tokens an engine says in
// the end only.
func (r Request) began() bool { return r.First > 0 || r.Tokens > 0 }

// Quantiles are of a time, in seconds, over N of them; all 0 where N is.
type Quantiles struct {
	N             int
	P50, P95, P99 float64
}

// quantiles are empirical ones: each is a time that was seen.
func quantiles(times []time.Duration) Quantiles {
	if len(times) == 0 {
		return Quantiles{}
	}
	seconds := make([]float64, len(times))
	for i, t := range times {
		seconds[i] = t.Seconds()
	}
	slices.Sort(seconds)
	at := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, seconds, nil) }
	return Quantiles{N: len(times), P50: at(.50), P95: at(.95), P99: at(.99)}
}

// TTFT is of the answers that began. Those that did not are not in it, since
// there is no time to put in: that is why attainment is over all that was
// offered.
func TTFT(requests []Request) Quantiles {
	var times []time.Duration
	for _, r := range requests {
		if r.began() {
			times = append(times, r.TTFT())
		}
	}
	return quantiles(times)
}

// TPOT is of the answers that have a second token.
func TPOT(requests []Request) Quantiles {
	var times []time.Duration
	for _, r := range requests {
		if r.Tokens > 1 {
			times = append(times, r.TPOT())
		}
	}
	return quantiles(times)
}

// lateness is of the generator: by how much later than planned it sent.
func lateness(requests []Request) Quantiles {
	times := make([]time.Duration, len(requests))
	for i, r := range requests {
		times[i] = r.Late
	}
	return quantiles(times)
}
