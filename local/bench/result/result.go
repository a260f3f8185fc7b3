// Package result holds the outcome of a run of a scaling policy, real or modelled, and
// computes from it what policies are compared by.
package result

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// The objectives (SLO) of the benchmark: people wait 2 s for the first token and read no
// faster than 100 ms a token.
const (
	TTFTLimit = 2 * time.Second
	TPOTLimit = 100 * time.Millisecond
)

// meetsSLO reports whether an answer is whole and within both limits.
func meetsSLO(o load.Outcome) bool { return o.Meets(TTFTLimit, TPOTLimit) }

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
	Requests []load.Outcome // in order of arrival
	Pods     []Pod
	// Doubt says why the run may not count whatever its lateness; "" for no doubt.
	Doubt string `json:",omitempty"`
	// StepLateness is the 99th percentile of the delay of the simulated replicas' steps, in
	// seconds; 0 in the model.
	StepLateness float64
}

// Offered returns the requests that count: those that arrived during the load.
func (t Trial) Offered() []load.Outcome {
	return slices.DeleteFunc(slices.Clone(t.Requests), func(r load.Outcome) bool { return r.At >= t.Length })
}

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
		if r.Started() {
			ttft = append(ttft, r.TTFT())
		}
		if r.Tokens > 1 {
			tpot = append(tpot, r.TPOT())
		}
		switch {
		case meetsSLO(r):
			met++
		case r.Whole():
		case r.Started():
			s.Truncated++
		default:
			s.Refused++
		}
	}
	s.Attained = float64(met) / float64(max(len(offered), 1))
	s.TTFT95, s.TPOT95 = load.Percentile(.95, ttft).Seconds(), load.Percentile(.95, tpot).Seconds()
	var alive time.Duration
	for _, p := range t.Pods {
		alive += p.overlap(0, t.Length)
	}
	s.GPUHours = alive.Hours()
	s.Invalid = invalid(t, len(offered), load.Percentile(.99, late).Seconds())
	return s
}

// maxLateness is the limit of the 99th percentile of delays of the load generator and of the
// replicas' steps, in seconds.
const maxLateness = float64(load.MaxLateness) / float64(time.Second)

func invalid(t Trial, offered int, late float64) string {
	var reasons []string
	if offered == 0 {
		reasons = append(reasons, "no request was offered")
	}
	if late > maxLateness {
		reasons = append(reasons, fmt.Sprintf("the load generator sent late: p99 %.0f ms, allowed are %.0f", 1000*late, 1000*maxLateness))
	}
	if t.StepLateness > maxLateness {
		reasons = append(reasons, fmt.Sprintf("the replicas' steps ended late: p99 %.0f ms, allowed are %.0f", 1000*t.StepLateness, 1000*maxLateness))
	}
	if t.Doubt != "" {
		reasons = append(reasons, t.Doubt)
	}
	return strings.Join(reasons, "; ")
}
