// Package result holds the outcome of a run of a scaling policy, real or modelled, and
// computes from it what policies are compared by.
package result

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"
)

// The objectives (SLO) of the benchmark: people wait 2 s for the first token and read no
// faster than 100 ms a token.
const (
	TTFTLimit = 2 * time.Second
	TPOTLimit = 100 * time.Millisecond
)

// Request holds the outcome of one arrival. Times count from the start of the run.
type Request struct {
	At     time.Duration // when it was sent
	Input  int           // tokens of its prompt
	Output int           // tokens that it requests
	// First and Last are when its first and its last token came; both 0 without a token.
	First, Last time.Duration
	Tokens      int // that came
	// Failure says why the answer is not whole; "" for a whole answer.
	Failure string
	// Late is the delay of the load generator.
	Late time.Duration
}

// Whole reports whether every token came.
func (r Request) Whole() bool { return r.Failure == "" && r.Tokens >= r.Output }

// TTFT returns the time to the first token, with the time in queues.
func (r Request) TTFT() time.Duration { return r.First - r.At }

// TPOT returns the time per output token after the first; 0 without a second token.
func (r Request) TPOT() time.Duration {
	if r.Tokens < 2 {
		return 0
	}
	return (r.Last - r.First) / time.Duration(r.Tokens-1)
}

// MeetsSLO reports whether the answer is whole and within both limits.
func (r Request) MeetsSLO() bool { return r.Whole() && r.TTFT() <= TTFTLimit && r.TPOT() <= TPOTLimit }

// started reports whether a part of the answer came. A replica states the number of tokens at
// the end only.
func (r Request) started() bool { return r.First > 0 || r.Tokens > 0 }

// Pod holds the lifetime of one replica. Gone is the end of the run for a pod that still exists.
type Pod struct{ Created, Gone time.Duration }

// overlap returns the part of a pod's lifetime between two moments.
func (p Pod) overlap(start, end time.Duration) time.Duration {
	return max(0, min(p.Gone, end)-max(p.Created, start))
}

// Trial holds one run of one policy under one load.
type Trial struct {
	Policy string
	Load   string
	Seed   int64
	// Length is the length of the load: requests and pods count until then.
	Length   time.Duration
	Requests []Request // in order of arrival
	Pods     []Pod
	// Doubt says why the run may not count whatever its lateness; "" for no doubt.
	Doubt string `json:",omitempty"`
	// StepLateness is the 99th percentile of the delay of the simulated replicas' steps, in
	// seconds; 0 in the model.
	StepLateness float64
}

// Offered returns the requests that count: those that arrived during the load.
func (t Trial) Offered() []Request {
	return slices.DeleteFunc(slices.Clone(t.Requests), func(r Request) bool { return r.At >= t.Length })
}

// MaxLateness is the limit of the 99th percentile of delays, in seconds: a fortieth of the
// TTFT limit. A run beyond it measures the machine, not the policy.
const MaxLateness = 0.050

// Summary holds the figures of one trial. Times are in seconds.
type Summary struct {
	Offered  int     // requests that arrived during the load
	Attained float64 // share of them that met the SLO, 0 to 1
	// TTFT95 is the 95th percentile over answers that started, TPOT95 over answers with two
	// tokens or more; 0 without any.
	TTFT95, TPOT95 float64
	// GPUHours count each pod from creation to exit during the load, with one GPU each.
	GPUHours float64
	// Truncated counts answers that started and are not whole, Refused requests without a token.
	Truncated, Refused int
	// Invalid says why the run does not count; "" for a valid run.
	Invalid string
}

// Summarize returns the summary of a trial.
func Summarize(t Trial) Summary {
	offered := t.Offered()
	s := Summary{Offered: len(offered)}
	var ttft, tpot, late []time.Duration
	met := 0
	for _, r := range offered {
		late = append(late, r.Late)
		if r.started() {
			ttft = append(ttft, r.TTFT())
		}
		if r.Tokens > 1 {
			tpot = append(tpot, r.TPOT())
		}
		switch {
		case r.MeetsSLO():
			met++
		case r.Whole():
		case r.started():
			s.Truncated++
		default:
			s.Refused++
		}
	}
	s.Attained = float64(met) / float64(max(len(offered), 1))
	s.TTFT95, s.TPOT95 = percentile(.95, ttft), percentile(.95, tpot)
	var alive time.Duration
	for _, p := range t.Pods {
		alive += p.overlap(0, t.Length)
	}
	s.GPUHours = alive.Hours()
	s.Invalid = invalid(t, len(offered), percentile(.99, late))
	return s
}

// percentile returns the empirical percentile in seconds: a time that was measured.
func percentile(share float64, times []time.Duration) float64 {
	if len(times) == 0 {
		return 0
	}
	seconds := make([]float64, len(times))
	for i, t := range times {
		seconds[i] = t.Seconds()
	}
	slices.Sort(seconds)
	return stat.Quantile(share, stat.Empirical, seconds, nil)
}

func invalid(t Trial, offered int, late float64) string {
	var reasons []string
	if offered == 0 {
		reasons = append(reasons, "no request was offered")
	}
	if late > MaxLateness {
		reasons = append(reasons, fmt.Sprintf("the load generator sent late: p99 %.0f ms, allowed are %.0f", 1000*late, 1000*MaxLateness))
	}
	if t.StepLateness > MaxLateness {
		reasons = append(reasons, fmt.Sprintf("the replicas' steps ended late: p99 %.0f ms, allowed are %.0f", 1000*t.StepLateness, 1000*MaxLateness))
	}
	if t.Doubt != "" {
		reasons = append(reasons, t.Doubt)
	}
	return strings.Join(reasons, "; ")
}
