package result

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

const second = time.Second

// answered returns an answer of three tokens: the first after ttft, each other after tpot.
func answered(at, ttft, tpot time.Duration) load.Outcome {
	return load.Outcome{At: at, Input: 10, Output: 3, First: at + ttft, Last: at + ttft + 2*tpot, Tokens: 3}
}

func TestSummarize(t *testing.T) {
	cut := answered(30*second, second, 50*time.Millisecond)
	cut.Tokens, cut.Failure = 2, "EOF"
	trial := Trial{
		Policy: "ours", Load: "steady", Seed: 7, Length: 100 * second,
		Requests: []load.Outcome{
			answered(0, second, 50*time.Millisecond),           // meets the SLO
			answered(10*second, 3*second, 50*time.Millisecond), // the first token is late
			answered(20*second, second, 200*time.Millisecond),  // slow tokens
			cut,
			{At: 35 * second, Output: 5, First: 36 * second, Last: 37 * second, Failure: "cut: EOF"}, // before the replica counted its tokens
			{At: 40 * second, Output: 3, Failure: "refused"},
			answered(50*second, 2*second, 100*time.Millisecond),           // just meets the SLO
			{At: 110 * second, Output: 3, Failure: "after", Late: second}, // after the load
			answered(100*second, 9*second, 9*second),                      // after the load
		},
		Pods: []Pod{
			{Created: -60 * second, Gone: 100 * second}, // 100 s
			{Created: 20 * second, Gone: 90 * second},   // 70 s
			{Created: 90 * second, Gone: 300 * second},  // 10 s
			{Created: 150 * second, Gone: 300 * second}, // after the load
		},
	}
	want := Summary{Offered: 7, Attained: 2. / 7, TTFT95: 3, TPOT95: .2, GPUHours: 180. / 3600, Truncated: 2, Refused: 1}
	if got := Summarize(trial); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestInvalid(t *testing.T) {
	for _, c := range []struct {
		name  string
		late  time.Duration
		steps float64
		doubt string
		want  []string // parts of the message; none: valid
	}{
		{"in time", 50 * time.Millisecond, .050, "", nil},
		{"late load generator", 51 * time.Millisecond, 0, "", []string{"load generator", "51 ms"}},
		{"late steps", 0, .2, "", []string{"steps", "200 ms"}},
		{"all", second, 1, "Prometheus is gone", []string{"load generator", "steps", "Prometheus is gone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Summarize(Trial{Length: second, Requests: []load.Outcome{{Late: c.late}}, StepLateness: c.steps, Doubt: c.doubt}).Invalid
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
	if got := Summarize(Trial{Length: second}).Invalid; !strings.Contains(got, "no request") {
		t.Errorf("without requests: got %q", got)
	}
}
