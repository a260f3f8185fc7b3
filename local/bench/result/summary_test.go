package result

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const second = time.Second

// answered is an answer of three tokens: the first after ttft, the others after tpot
// each.
func answered(at, ttft, tpot time.Duration) Request {
	return Request{At: at, Input: 10, Output: 3, First: at + ttft, Last: at + ttft + 2*tpot, Tokens: 3}
}

// trial of 100 s with every kind of request and a scaler that goes up, down and
// up again.
func trial() Trial {
	cut := answered(30*second, second, 50*time.Millisecond)
	cut.Tokens, cut.Failure = 2, "EOF"
	return Trial{
		Policy: "ours", Load: "steady", Seed: 7, Length: 100 * second, Min: 1, Max: 4,
		Requests: []Request{
			answered(0, second, 50*time.Millisecond),           // good
			answered(10*second, 3*second, 50*time.Millisecond), // first token late
			answered(20*second, second, 200*time.Millisecond),  // slow
			cut, //
			{At: 40 * second, Output: 3, Failure: "refused"},      //
			answered(50*second, 2*second, 100*time.Millisecond),   // just good
			answered(100*second, 9*second, 9*second),              // after the load
			{At: 110 * second, Output: 3, Failure: "also after."}, //
		},
		Samples: []Sample{
			{At: 10 * second, Wanted: 1, Ready: 1},
			{At: 20 * second, Wanted: 3, Ready: 1},
			{At: 40 * second, Wanted: 3, Ready: 2},
			{At: 60 * second, Wanted: 2, Ready: 3},
			{At: 80 * second, Wanted: 2, Ready: 2},
			{At: 90 * second, Wanted: 4, Ready: 2},
			{At: 100 * second, Wanted: 9, Ready: 9}, // after the load
		},
		Pods: []Pod{
			{Created: -60 * second, Gone: 100 * second},                   // 100 s
			{Created: 20 * second, Ready: 40 * second, Gone: 90 * second}, // 70 s
			{Created: 90 * second, Gone: 300 * second},                    // 10 s
			{Created: 150 * second, Gone: 300 * second},                   // none
		},
		Preemptions: 5,
	}
}

func TestSummarize(t *testing.T) {
	decision, ready, over := 20.0, 20.0, 2
	want := Summary{
		Policy: "ours", Load: "steady", Seed: 7,
		Offered: 6, Attained: 2. / 6,
		TTFT:     Quantiles{N: 5, P50: 1, P95: 3, P99: 3},
		TPOT:     Quantiles{N: 5, P50: .1, P95: .2, P99: .2}, // the cut answer's second token took 100 ms
		GPUHours: 180. / 3600,
		// 1 until 40 s, 2 for 20 s, 3 for 20 s, 2 for 20 s
		MeanReady: 1.8, PeakReady: 3,
		FirstDecision: &decision, FirstReady: &ready, Overshoot: &over, Reversals: 2,
		Preemptions: 5, Truncated: 1, Refused: 1,
	}
	needed := Schedule{Cap: 1, Steps: []Step{{0, 1}, {90 * second, 2}}}
	if got := Summarize(trial(), DefaultSLO, needed); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestScaling(t *testing.T) {
	needed := Schedule{Steps: []Step{{0, 2}, {25 * second, 6}}}
	for _, c := range []struct {
		name      string
		wanted    []int // one each 10 s
		ready     []int
		decision  float64 // -1: never
		after     float64 // -1: never
		overshoot int
		reversals int
	}{
		{"static", []int{4, 4, 4, 4}, []int{4, 4, 4, 4}, -1, -1, 2, 0},
		{"once up", []int{1, 3, 3, 3}, []int{1, 1, 1, 2}, 10, 20, 1, 0},
		{"never ready", []int{1, 3, 3, 3}, []int{1, 1, 1, 1}, 10, -1, 1, 0},
		{"down first", []int{3, 1, 1, 4}, []int{3, 3, 1, 1}, 30, -1, -2, 1},
		{"an engine leaves before one comes", []int{2, 3, 3, 3}, []int{2, 1, 2, 3}, 10, 20, 1, 0},
		{"to and fro, pauses between", []int{1, 2, 2, 1, 1, 2}, []int{1, 1, 2, 1, 1, 1}, 10, 10, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := Trial{Length: 100 * second}
			for i, w := range c.wanted {
				run.Samples = append(run.Samples, Sample{At: time.Duration(i) * 10 * second, Wanted: w, Ready: c.ready[i]})
			}
			s := Summarize(run, DefaultSLO, needed)
			orNever := func(f *float64) float64 {
				if f == nil {
					return -1
				}
				return *f
			}
			if orNever(s.FirstDecision) != c.decision || orNever(s.FirstReady) != c.after {
				t.Errorf("decision at %v s, ready after %v s; want %v and %v", orNever(s.FirstDecision), orNever(s.FirstReady), c.decision, c.after)
			}
			if *s.Overshoot != c.overshoot || s.Reversals != c.reversals {
				t.Errorf("overshoot %d, reversals %d; want %d and %d", *s.Overshoot, s.Reversals, c.overshoot, c.reversals)
			}
		})
	}
}

func TestInvalid(t *testing.T) {
	for _, c := range []struct {
		name string
		s    Summary
		want []string // parts of the text; none: valid
	}{
		{"in time", Summary{Offered: 1, Late: .050, StepLateness: .050}, nil},
		{"generator", Summary{Offered: 1, Late: .051}, []string{"generator", "51 ms"}},
		{"steps", Summary{Offered: 1, StepLateness: .2}, []string{"steps", "200 ms"}},
		{"both", Summary{Offered: 1, Late: 1, StepLateness: 1}, []string{"generator", "steps"}},
		{"nothing", Summary{}, []string{"no request"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.s.Invalid()
			if (got == "") != (c.want == nil) {
				t.Errorf("got %q", got)
			}
			for _, part := range c.want {
				if !strings.Contains(got, part) {
					t.Errorf("got %q, want %q in it", got, part)
				}
			}
		})
	}
}

// TestLateIsOfTheOffered leaves out what was sent after the load.
func TestLateIsOfTheOffered(t *testing.T) {
	run := Trial{Length: second, Requests: []Request{{At: 0, Late: 10 * time.Millisecond}, {At: 2 * second, Late: second}}}
	if got := Summarize(run, DefaultSLO, Schedule{}); got.Late != .010 || got.Overshoot != nil {
		t.Errorf("late %v, overshoot %v; want 0.01 and none", got.Late, got.Overshoot)
	}
}

// How many tokens there were an engine says in the end only.
func TestAnAnswerThatBeganIsCutAndNotRefused(t *testing.T) {
	r := Request{At: second, Output: 5, First: 2 * second, Last: 3 * second, Failure: "cut: EOF"}
	s := Summarize(Trial{Length: 10 * second, Requests: []Request{r}}, DefaultSLO, Schedule{})
	if s.Truncated != 1 || s.Refused != 0 || s.TTFT.N != 1 {
		t.Errorf("%+v, want one that is cut, and its time to the first token", s)
	}
}

func TestADoubtfulRunDoesNotCount(t *testing.T) {
	s := Summarize(Trial{Length: 10 * second, Requests: []Request{answered(second, second, 0)}, Doubt: "nobody looked"}, DefaultSLO, Schedule{})
	if got := s.Invalid(); got != "nobody looked" {
		t.Errorf("invalid because of %q", got)
	}
}
