package report

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// run returns a run of 600 s with a request each second, of which so many in ten are cut, and a
// constant number of replicas.
func run(policy string, seed int64, cut, replicas int) Run {
	r := Run{Trial: result.Trial{Policy: policy, Load: "steady", Seed: seed, Length: 600 * time.Second}}
	for i := range 600 {
		at := time.Duration(i) * time.Second
		request := load.Outcome{At: at, Output: 1, Tokens: 1, First: at + time.Second, Last: at + time.Second}
		if i%10 < cut {
			request.Failure = "cut"
		}
		r.Requests = append(r.Requests, request)
	}
	for range replicas {
		r.Pods = append(r.Pods, result.Pod{Gone: 600 * time.Second})
	}
	return r
}

func build(t *testing.T, runs ...Run) Report {
	t.Helper()
	r, err := Build(Settings{RequestsPerSecond: 1}, runs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t *testing.T, r Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBuild(t *testing.T) {
	first, second := run("default", 1, 2, 3), run("default", 2, 4, 3)
	first.Frontier, second.Frontier = []result.Point{{GPUHours: .25, Attained: .5}, {GPUHours: .5, Attained: 1}}, []result.Point{{GPUHours: .15, Attained: .3}, {GPUHours: .3, Attained: .8}} // in the mean 0.2 for 0.4 and 0.4 for 0.9
	other := run("default", 1, 0, 1)
	other.Load = "burst"
	r := build(t, first, run("x", 1, 1, 2), second, run("x", 2, 1, 2), other)
	if len(r.Loads) != 2 || r.Runs != 5 || len(r.Invalid) != 0 {
		t.Fatalf("got %+v", r)
	}
	load := r.Loads[0]
	if load.Name != "steady" || !slices.Equal(load.Seeds, []int64{1, 2}) || load.Rows[0].Policy != "x" {
		t.Errorf("got %+v, want both seeds, and the policy with fewer misses first", load)
	}
	row, _ := load.Row("default")
	if math.Abs(row.Misses.Estimate-.3) > 1e-9 || row.Truncated != 180 || row.TTFT95 != 1 {
		t.Errorf("got %+v, want the mean over the seeds", row)
	}
	// Three replicas for 600 s are 0.5 GPU-hours; the frontier needs 0.32 for an attainment of 0.7.
	if want := 100 * (.5/.32 - 1); math.Abs(row.Gap.Percent-want) > 1e-9 {
		t.Errorf("gap %+v, want %.1f %%", row.Gap, want)
	}
	if _, err := Build(Settings{}, []Run{run("default", 1, 0, 1), run("x", 2, 0, 1)}); err == nil || !strings.Contains(err.Error(), `load "steady"`) {
		t.Errorf("other seeds: %v", err)
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name string
		runs []Run
		want string
	}{
		{"better", []Run{run("default", 1, 1, 2), run("x", 1, 4, 3)},
			"No policy is better than the default (*) on both SLO and GPU-hours. The default is better on both than x under steady."},
		{"worse", []Run{run("default", 1, 4, 3), run("x", 1, 1, 2)}, "Better than the default (*) on both SLO and GPU-hours: x under steady."},
		{"the same", []Run{run("default", 1, 1, 2), run("x", 1, 1, 2)}, "No policy is better than the default (*) on both SLO and GPU-hours."},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.want + " With fewer than three seeds the intervals say little about other draws of the load."
			if got := text(t, build(t, c.runs...)); !strings.Contains(got, "\n"+want+"\n") {
				t.Errorf("got\n%s, want\n%s", got, want)
			}
		})
	}
}

func TestInvalidAndIncompleteAreDeclared(t *testing.T) {
	late := run("default", 1, 1, 2)
	late.StepLateness = .2
	r := build(t, late, run("x", 1, 1, 2))
	r.Incomplete = "stopped by Ctrl-C"
	got := text(t, r)
	for _, part := range []string{"INCOMPLETE: stopped by Ctrl-C", "INVALID: default under steady, seed 1: ", "p99 200 ms", "INVALID (1 of 2 runs), so this does not count", "SIMULATED"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	r := build(t, run("default", 1, 1, 2), run("x", 1, 4, 3))
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadJSON(&b); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("got %+v, %v; want %+v", got, err, r)
	}
	if _, err := ReadJSON(strings.NewReader(`{"Verdict": "good"}`)); err == nil || !strings.Contains(err.Error(), "Verdict") {
		t.Errorf("an unknown field: %v", err)
	}
}
