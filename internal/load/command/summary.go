package command

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/internal/load/client"
)

// objectives are the limits (SLO) that an answer meets.
type objectives struct{ ttft, tpot time.Duration }

// Distribution describes measured times, in seconds. Percentiles are measured values. All are 0
// without values.
type Distribution struct {
	Count int     `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// Failures holds the failed requests of one kind.
type Failures struct {
	Kind    string `json:"kind"`
	Count   int    `json:"count"`
	Example string `json:"example"` // the message of the first one
}

// Objectives holds the limits, and how many of the counted requests met both. A request whose
// answer is not whole meets none.
type Objectives struct {
	TTFTSeconds float64 `json:"ttftSeconds"`
	TPOTSeconds float64 `json:"tpotSeconds"`
	Met         int     `json:"met"`
	Share       float64 `json:"share"` // 0 to 1
}

// Summary holds the figures of a load. Requests of the warm-up do not count, nor do those that an
// interruption cut before they missed an objective.
type Summary struct {
	Requests int `json:"requests"` // that count
	Answered int `json:"answered"` // with every token
	Cut      int `json:"cut"`      // with a part of the answer
	Refused  int `json:"refused"`  // without a token
	// Open is the number of requests that do not count, because Ctrl-C cut them.
	Open int `json:"open"`
	// Seconds is the time from the end of the warm-up to the last answer, and at least the length of
	// the load. Rates are over this time.
	Seconds               float64 `json:"seconds"`
	InputTokens           int     `json:"inputTokens"` // as the server counts them, else as requested
	OutputTokens          int     `json:"outputTokens"`
	InputTokensPerSecond  float64 `json:"inputTokensPerSecond"`
	OutputTokensPerSecond float64 `json:"outputTokensPerSecond"`
	// RequestsAtOnce is the mean number of requests in flight.
	RequestsAtOnce float64 `json:"requestsAtOnce"`
	// TTFT is of requests with a token, TPOT and EndToEnd are of whole answers; TPOT without those of
	// one token.
	TTFT       Distribution `json:"ttftSeconds"`
	TPOT       Distribution `json:"tpotSeconds"`
	EndToEnd   Distribution `json:"endToEndSeconds"`
	Objectives Objectives   `json:"objectives"`
	Failures   []Failures   `json:"failures"`
	// LateSeconds is the 99th percentile of the delays with which this machine sent requests.
	LateSeconds float64 `json:"lateSeconds"`
	// Invalid says why the result does not count; "" for a valid result.
	Invalid string `json:"invalid,omitempty"`
}

// summarize returns the figures of outcomes, the i-th of which belongs to the i-th arrival.
func summarize(outcomes []load.Outcome, t traffic, limits objectives, stopped time.Duration) Summary {
	s := Summary{Failures: []Failures{}, Objectives: Objectives{TTFTSeconds: limits.ttft.Seconds(), TPOTSeconds: limits.tpot.Seconds()}}
	var ttft, tpot, endToEnd, late []time.Duration
	var busy time.Duration
	end := t.whole()
	if stopped > 0 {
		end = min(end, stopped)
	}
	for i, o := range outcomes {
		if t.arrivals[i].At < t.warmUp {
			continue
		}
		late = append(late, max(o.Late, o.At-t.arrivals[i].At))
		if o.Kind == client.Canceled && !missed(o, limits.ttft, stopped) {
			s.Open++
			continue
		}
		s.count(o, limits)
		end = max(end, o.Last)
		if o.Started() {
			ttft = append(ttft, o.TTFT())
			busy += o.Last - o.At
		}
		if o.Whole() {
			endToEnd = append(endToEnd, o.Last-o.At)
		}
		if o.Whole() && o.Tokens > 1 {
			tpot = append(tpot, o.TPOT())
		}
	}
	s.TTFT, s.TPOT, s.EndToEnd = distribution(ttft), distribution(tpot), distribution(endToEnd)
	if period := (end - t.warmUp).Seconds(); period > 0 {
		s.Seconds = period
		s.InputTokensPerSecond, s.OutputTokensPerSecond = float64(s.InputTokens)/period, float64(s.OutputTokens)/period
		s.RequestsAtOnce = busy.Seconds() / period
	}
	s.Objectives.Share = float64(s.Objectives.Met) / float64(max(1, s.Requests))
	slices.SortStableFunc(s.Failures, func(a, b Failures) int { return cmp.Compare(b.Count, a.Count) })
	lateness := load.Percentile(.99, late)
	s.LateSeconds = lateness.Seconds()
	s.Invalid = invalid(s.Requests, lateness)
	return s
}

// missed reports whether a request had missed the TTFT objective before it was interrupted.
func missed(o load.Outcome, limit, stopped time.Duration) bool {
	if o.First > 0 {
		return o.TTFT() > limit
	}
	return stopped-o.At > limit
}

// count adds a request.
func (s *Summary) count(o load.Outcome, limits objectives) {
	s.Requests++
	if o.Meets(limits.ttft, limits.tpot) {
		s.Objectives.Met++
	}
	if o.Started() {
		s.InputTokens += cmp.Or(o.PromptTokens, o.Input)
		s.OutputTokens += o.Tokens
	}
	switch {
	case o.Whole():
		s.Answered++
		return
	case o.Started():
		s.Cut++
	default:
		s.Refused++
	}
	i := slices.IndexFunc(s.Failures, func(f Failures) bool { return f.Kind == o.Kind })
	if i < 0 {
		i = len(s.Failures)
		s.Failures = append(s.Failures, Failures{Kind: o.Kind, Example: o.Failure})
	}
	s.Failures[i].Count++
}

// invalid returns why a result does not count; "" for a valid one.
func invalid(requests int, late time.Duration) string {
	var reasons []string
	if requests == 0 {
		reasons = append(reasons, "no request counts")
	}
	if late > load.MaxLateness {
		reasons = append(reasons, fmt.Sprintf("this machine sent requests late: p99 %d ms, allowed are %d; lower --rate, or use a machine without other work",
			late.Milliseconds(), load.MaxLateness.Milliseconds()))
	}
	return strings.Join(reasons, "; ")
}

func distribution(times []time.Duration) Distribution {
	if len(times) == 0 {
		return Distribution{}
	}
	var sum time.Duration
	for _, t := range times {
		sum += t
	}
	percentile := func(share float64) float64 { return load.Percentile(share, times).Seconds() }
	return Distribution{
		Count: len(times), Mean: sum.Seconds() / float64(len(times)),
		P50: percentile(.5), P90: percentile(.9), P95: percentile(.95), P99: percentile(.99), Max: percentile(1),
	}
}
