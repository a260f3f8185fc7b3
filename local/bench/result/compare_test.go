package result

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// run returns a trial with a request every second for 600 s, of which a share is missed at
// random places, and a constant number of replicas.
func run(policy string, seed int64, missed float64, replicas int) Trial {
	random := rand.New(rand.NewPCG(uint64(seed), 5))
	t := Trial{Policy: policy, Load: "steady", Seed: seed, Length: 600 * second}
	for i := range 600 {
		r := answered(time.Duration(i)*second, second, 50*time.Millisecond)
		if random.Float64() < missed {
			r = load.Outcome{At: r.At, Output: 3, Failure: "refused"}
		}
		t.Requests = append(t.Requests, r)
	}
	for range replicas {
		t.Pods = append(t.Pods, Pod{Gone: 600 * second})
	}
	return t
}

// compare returns the estimates of the first and the second policy.
func compare(t *testing.T, trials ...Trial) (first, second Estimate) {
	t.Helper()
	e, err := Compare(trials)
	if err != nil {
		t.Fatal(err)
	}
	return e[0], e[1]
}

func TestCompareEstimates(t *testing.T) {
	a, b := run("a", 1, 0, 2), run("b", 1, 0, 5)
	for i := range 60 { // a tenth, all at the start
		a.Requests[i].Failure = "cut"
	}
	first, second := compare(t, a, b)
	if first.Misses.Estimate != .1 || second.Misses != (Interval{}) {
		t.Errorf("misses %+v and %+v, want 0.1 and none", first.Misses, second.Misses)
	}
	if first.Misses.Low != 0 || first.Misses.High < .2 {
		t.Errorf("misses of a burst %+v, want an interval from 0 to more than 0.2", first.Misses)
	}
	if got, want := first.GPUHours.Estimate, 2*600./3600; math.Abs(got-want) > 1e-12 {
		t.Errorf("GPU-hours %v, want %v", got, want)
	}
	if first.Verdict != "" || second.Verdict != Cheaper {
		t.Errorf("verdicts %q and %q, want none and %q", first.Verdict, second.Verdict, Cheaper)
	}
}

// A seed counts by its requests: 900 of 1000 and 10 of 100 are 910 of 1100.
func TestSeedsCountByTheirRequests(t *testing.T) {
	a, b := run("a", 1, 0, 2), run("a", 2, 0, 4)
	b.Requests = b.Requests[:60]
	for i := range b.Requests {
		b.Requests[i].Failure = "refused"
	}
	c, d := a, b
	c.Policy, d.Policy = "c", "c"
	e, _ := compare(t, a, b, c, d)
	if want := 60. / 660; math.Abs(e.Misses.Estimate-want) > 1e-12 || math.Abs(e.GPUHours.Estimate-3*600./3600) > 1e-12 {
		t.Errorf("%.4f misses, want %.4f; %.3f GPU-hours a run, want the mean, 0.5", e.Misses.Estimate, want, e.GPUHours.Estimate)
	}
}

func TestVerdictOfTrials(t *testing.T) {
	other := run("b", 2, .2, 3)
	other.Seed = 1
	for _, c := range []struct {
		name   string
		trials []Trial
		want   Verdict
	}{
		{"identical", []Trial{run("a", 1, .2, 3), run("b", 1, .2, 3), run("a", 2, .3, 3), run("b", 2, .3, 3)}, Same},
		{"as many misses at other places", []Trial{run("a", 1, .2, 3), other}, Same},
		{"better", []Trial{run("a", 1, .05, 3), run("b", 1, .30, 5), run("a", 2, .05, 3), run("b", 2, .30, 5)}, Better},
		{"worse", []Trial{run("a", 1, .30, 5), run("b", 1, .05, 3), run("a", 2, .30, 5), run("b", 2, .05, 3)}, Worse},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, e := compare(t, c.trials...); e.Verdict != c.want {
				t.Errorf("%q, want %q", e.Verdict, c.want)
			}
		})
	}
}

func TestCompareRefuses(t *testing.T) {
	other, short := run("b", 1, 0, 1), run("b", 1, 0, 1)
	other.Load, short.Length = "burst", 60*second
	for _, c := range []struct {
		name   string
		trials []Trial
		want   string
	}{
		{"nothing", nil, "no trial"},
		{"two loads", []Trial{run("a", 1, 0, 1), other}, "the trials of b"},
		{"two lengths", []Trial{run("a", 1, 0, 1), short}, "the trials of b"},
		{"other seeds", []Trial{run("a", 1, 0, 1), run("b", 2, 0, 1)}, "the trials of b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Compare(c.trials); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A recorded load may pause for longer than a block.
func TestPausesAreNoSuccess(t *testing.T) {
	a, b := run("a", 1, 0, 2), run("b", 1, 0, 2)
	for _, t := range []*Trial{&a, &b} {
		t.Requests = t.Requests[:100] // 100 s of 600
		for i := range t.Requests {
			t.Requests[i].Failure = "refused"
		}
	}
	if e, _ := compare(t, a, b); e.Misses != (Interval{1, 1, 1}) {
		t.Errorf("misses %+v, want that every request is missed", e.Misses)
	}
}

func TestBlocks(t *testing.T) {
	for length, want := range map[time.Duration]int{time.Minute: 2, 4 * time.Minute: 4, 20 * time.Minute: 6, 2 * time.Hour: 24} {
		if got := len(newBlocks([]Trial{{Length: length}}).seconds); got != want {
			t.Errorf("%v: %d blocks, want %d", length, got, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	less, same, more := Interval{-2, -3, -1}, Interval{1, -1, 2}, Interval{2, 1, 3}
	for _, c := range []struct {
		misses, hours Interval
		want          Verdict
	}{
		{less, less, Better}, {less, same, FewerMisses}, {less, more, FewerAndExpensive},
		{same, less, Cheaper}, {same, same, Same}, {same, more, MoreExpensive},
		{more, less, CheaperButWorse}, {more, same, MoreMisses}, {more, more, Worse},
	} {
		if got := verdict(c.misses, c.hours); got != c.want {
			t.Errorf("%v, %v: %q, want %q", c.misses, c.hours, got, c.want)
		}
	}
}
