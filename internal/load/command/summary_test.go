package command

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/internal/load/client"
)

const second = time.Second

// answered returns an answer of three tokens: the first after ttft, each other after tpot.
func answered(sent, ttft, tpot time.Duration) load.Outcome {
	return load.Outcome{At: sent, Input: 10, Output: 3, First: sent + ttft, Last: sent + ttft + 2*tpot, Tokens: 3, PromptTokens: 11}
}

// arriving returns the load that outcomes belong to.
func arriving(outcomes []load.Outcome, warmUp, length time.Duration) traffic {
	t := traffic{name: "test", warmUp: warmUp, length: length}
	for _, o := range outcomes {
		t.arrivals = append(t.arrivals, load.Arrival{At: o.At, Input: o.Input, Output: o.Output})
	}
	return t
}

func TestSummarize(t *testing.T) {
	outcomes := []load.Outcome{
		answered(5*second, 30*second, second),                                                     // in the warm-up
		answered(10*second, second, 50*time.Millisecond),                                          // meets the objectives
		answered(12*second, 2*second, 100*time.Millisecond),                                       // just meets them
		answered(20*second, 3*second, 50*time.Millisecond),                                        // the first token is late
		answered(30*second, second, 2500*time.Millisecond),                                        // slow tokens
		{At: 31 * second, Input: 10, Output: 1, First: 32 * second, Last: 32 * second, Tokens: 1}, // one token; meets them
		{At: 40 * second, Input: 10, Output: 5, First: 41 * second, Last: 42 * second, Kind: client.Cut, Failure: "cut: EOF"},
		{At: 50 * second, Input: 10, Output: 3, Kind: "HTTP 503", Failure: "refused: 503 first"},
		{At: 51 * second, Input: 10, Output: 3, Kind: "HTTP 503", Failure: "refused: 503 second"},
	}
	got := summarize(outcomes, arriving(outcomes, 10*second, 90*second), objectives{2 * second, 100 * time.Millisecond}, 0)
	want := Summary{
		Requests: 8, Answered: 5, Cut: 1, Refused: 2,
		Seconds: 90, InputTokens: 4*11 + 10 + 10, OutputTokens: 13, InputTokensPerSecond: 64. / 90, OutputTokensPerSecond: 13. / 90,
		RequestsAtOnce: (1.1 + 2.2 + 3.1 + 6 + 1 + 2) / 90,
		TTFT:           Distribution{Count: 6, Mean: 1.5, P50: 1, P90: 3, P95: 3, P99: 3, Max: 3},
		TPOT:           Distribution{Count: 4, Mean: .675, P50: .05, P90: 2.5, P95: 2.5, P99: 2.5, Max: 2.5},
		EndToEnd:       Distribution{Count: 5, Mean: 13.4 / 5, P50: 2.2, P90: 6, P95: 6, P99: 6, Max: 6},
		Objectives:     Objectives{TTFTSeconds: 2, TPOTSeconds: .1, Met: 3, Share: 3. / 8},
		Failures:       []Failures{{"HTTP 503", 2, "refused: 503 first"}, {client.Cut, 1, "cut: EOF"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

// The rates are over the time to the last answer, if that comes after the load.
func TestSummarizeLateAnswers(t *testing.T) {
	outcomes := []load.Outcome{answered(9*second, 10*second, 500*time.Millisecond)}
	if s := summarize(outcomes, arriving(outcomes, 0, 10*second), objectives{second, second}, 0); s.Seconds != 20 || s.OutputTokensPerSecond != 3./20 {
		t.Errorf("got %g s and %g tokens/s, want 20 s and 0.15", s.Seconds, s.OutputTokensPerSecond)
	}
}

// Of the answers that Ctrl-C cuts, those count that had missed the TTFT objective before.
func TestSummarizeInterruption(t *testing.T) {
	cut := func(sent, first time.Duration) load.Outcome {
		return load.Outcome{At: sent, First: first, Last: first, Output: 9, Kind: client.Canceled, Failure: "cut: context canceled"}
	}
	outcomes := []load.Outcome{
		answered(10*second, second, 50*time.Millisecond),
		cut(20*second, 0),         // without a first token in time
		cut(20*second, 25*second), // too late
		cut(20*second, 21*second), // it may have met the objectives
		cut(29*second, 0),         // as may this
	}
	s := summarize(outcomes, arriving(outcomes, 0, 90*second), objectives{2 * second, 100 * time.Millisecond}, 30*second)
	if s.Requests != 3 || s.Objectives.Met != 1 || s.Open != 2 || s.Seconds != 30 {
		t.Errorf("got %+v, want 3 requests in 30 s, of which one met the objectives, and 2 interrupted", s)
	}
}

func TestInvalid(t *testing.T) {
	for name, c := range map[string]struct {
		late, sent time.Duration
		want       string // a part; none: valid
	}{
		"in time":                    {50 * time.Millisecond, 0, ""},
		"late":                       {51 * time.Millisecond, 0, "p99 51 ms, allowed are 50"},
		"late after the preparation": {0, 70 * time.Millisecond, "p99 70 ms"},
	} {
		t.Run(name, func(t *testing.T) {
			outcome := answered(second, second, second)
			offered := arriving([]load.Outcome{outcome}, 0, 9*second)
			outcome.Late, outcome.At = c.late, outcome.At+c.sent
			s := summarize([]load.Outcome{outcome}, offered, objectives{second, second}, 0)
			if (s.Invalid == "") != (c.want == "") || !strings.Contains(s.Invalid, c.want) {
				t.Errorf("got %q, want %q", s.Invalid, c.want)
			}
		})
	}
	if s := summarize(nil, traffic{length: second}, objectives{}, second); s.Invalid != "no request counts" {
		t.Errorf("without requests: %q", s.Invalid)
	}
}

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		report Report
		want   []string
	}{
		"nothing": {Report{}, []string{"TTFT              –        –", "0 answered"}},
		"invalid": {Report{Summary: Summary{Invalid: "late"}}, []string{"INVALID: late\n"}},
		"interrupted": {Report{Interrupted: true, Summary: Summary{Seconds: 30, Open: 2}},
			[]string{"INTERRUPTED after 30.0 s: 2 requests were open and do not count\n"}},
		"failures": {Report{Summary: Summary{Failures: []Failures{{"HTTP 429", 12, "refused: " + strings.Repeat("ä", 200)}}}},
			[]string{"    12  HTTP 429, such as \"refused: äää", "ä…\"\n"}},
		"overload": {Report{Prediction: &Prediction{ModelID: "org/m", Hardware: "1 × A10G", Replicas: 2, RequestsPerSecond: 3, Problem: "too much", ReplicasAtTarget: 5}},
			[]string{"sizing: org/m on 1 × A10G, replicas: 2, at 3 requests/s", "no prediction: too much\n", "scaling target: 5\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := c.report.write(&out, false); err != nil {
				t.Fatal(err)
			}
			for _, part := range c.want {
				if !strings.Contains(out.String(), part) {
					t.Errorf("no %q in\n%s", part, out.String())
				}
			}
		})
	}
	for value, want := range map[float64]string{0.0123: "12.3 ms", 0.9: "900 ms", 1.234: "1.23 s", 12.34: "12.3 s", 0: "0 ms", .99949: "999 ms", .99951: "1 s", .99999: "1 s", 9.994: "9.99 s", 9.996: "10.0 s", 1234.56: "1234.6 s"} {
		if got := seconds(value); got != want {
			t.Errorf("%g: %s, want %s", value, got, want)
		}
	}
}
