package result

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// run has a request every second for 600 s, of which a share is missed at random
// places, and so many engines throughout.
func run(policy string, seed int64, missed float64, engines int) Trial {
	random := rand.New(rand.NewPCG(uint64(seed), 5))
	t := Trial{Policy: policy, Load: "steady", Seed: seed, Length: 600 * second}
	for i := range 600 {
		r := answered(time.Duration(i)*second, second, 50*time.Millisecond)
		if random.Float64() < missed {
			r = Request{At: r.At, Output: 3, Failure: "refused"}
		}
		t.Requests = append(t.Requests, r)
	}
	for range engines {
		t.Pods = append(t.Pods, Pod{Gone: 600 * second})
	}
	return t
}

func compare(t *testing.T, trials ...Trial) Comparison {
	t.Helper()
	c, err := Compare(trials, DefaultSLO, DefaultBootstrap(600*second))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompareEstimates(t *testing.T) {
	a, b := run("a", 1, 0, 2), run("b", 1, 0, 5)
	for i := range 60 { // a tenth, all at the begin
		a.Requests[i].Failure = "cut"
	}
	c := compare(t, a, b)
	ea, _ := c.Estimate("a")
	eb, _ := c.Estimate("b")
	if ea.Misses.Estimate != .1 || eb.Misses != (Interval{}) {
		t.Errorf("misses %+v and %+v, want 0.1 and none", ea.Misses, eb.Misses)
	}
	if ea.Misses.Low != 0 || ea.Misses.High < .2 {
		t.Errorf("misses of a burst %+v: an interval from 0 to over 0.2 is wanted, as whole blocks have them or do not", ea.Misses)
	}
	if got, want := ea.GPUHours.Estimate, 2*600./3600; math.Abs(got-want) > 1e-12 {
		t.Errorf("GPU-hours %v, want %v", got, want)
	}
	d, _ := c.Difference("a", "b")
	if d.Verdict() != CheaperButWorse && d.Verdict() != Cheaper {
		t.Errorf("verdict %q of %+v", d.Verdict(), d)
	}
}

func TestIdenticalPairDoesNotDiffer(t *testing.T) {
	c := compare(t, run("a", 1, .2, 3), run("b", 1, .2, 3), run("a", 2, .3, 3), run("b", 2, .3, 3))
	d, _ := c.Difference("a", "b")
	if d.Misses != (Interval{}) || d.GPUHours != (Interval{}) || d.Verdict() != Same {
		t.Errorf("%+v, %q: want none at all, since the same blocks are drawn", d, d.Verdict())
	}
	if !reflect.DeepEqual(c.Unbeaten(), []string{"a", "b"}) {
		t.Errorf("unbeaten are %v, want both", c.Unbeaten())
	}
}

// TestAlikeIsNotDistinguished has other misses in both, but as many.
func TestAlikeIsNotDistinguished(t *testing.T) {
	b := run("b", 2, .2, 3)
	b.Seed = 1
	c := compare(t, run("a", 1, .2, 3), b)
	if d, _ := c.Difference("a", "b"); d.Misses.Low > 0 || d.Misses.High < 0 || d.Misses.Low == d.Misses.High {
		t.Errorf("%+v: want an interval around 0", d.Misses)
	}
}

func TestClearlyWorseIsFound(t *testing.T) {
	c := compare(t, run("good", 1, .05, 3), run("bad", 1, .30, 5), run("good", 2, .05, 3), run("bad", 2, .30, 5))
	if !c.Better("good", "bad") || c.Better("bad", "good") || c.Verdict("bad", "good") != Worse {
		t.Errorf("good about bad %q, bad about good %q", c.Verdict("good", "bad"), c.Verdict("bad", "good"))
	}
	if !reflect.DeepEqual(c.Unbeaten(), []string{"good"}) {
		t.Errorf("unbeaten are %v, want good alone", c.Unbeaten())
	}
	if c.Verdict("good", "other") != "" {
		t.Error("a verdict about a policy that is not there")
	}
}

func TestCompareIsDeterministic(t *testing.T) {
	trials := []Trial{run("a", 1, .1, 3), run("b", 1, .2, 4), run("a", 2, .1, 3), run("b", 2, .2, 4)}
	if one, two := compare(t, trials...), compare(t, trials...); !reflect.DeepEqual(one, two) {
		t.Error("two comparisons of the same trials differ")
	}
}

func TestOnlySharedSeedsAreCompared(t *testing.T) {
	c := compare(t, run("a", 3, .1, 3), run("a", 1, .1, 3), run("b", 1, .1, 3), run("a", 2, .1, 3), run("b", 3, .1, 3))
	if !reflect.DeepEqual(c.Seeds, []int64{1, 3}) {
		t.Errorf("seeds %v, want 1 and 3", c.Seeds)
	}
	none := compare(t, run("a", 1, .1, 3), run("b", 2, .1, 3))
	if len(none.Seeds) != 0 || len(none.Estimates) != 0 {
		t.Errorf("without a shared seed: %+v", none)
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
		{"two loads", []Trial{run("a", 1, 0, 1), other}, "one load at a time"},
		{"twice the same", []Trial{run("a", 1, 0, 1), run("a", 1, 0, 1)}, "two trials"},
		{"two lengths", []Trial{run("a", 1, 0, 1), short}, "1m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compare(c.trials, DefaultSLO, DefaultBootstrap(600*second))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A recorded load may pause for long.
func TestPausesAreNoSuccess(t *testing.T) {
	a, b := run("a", 1, 0, 2), run("b", 1, 0, 2)
	for _, t := range []*Trial{&a, &b} {
		t.Requests = t.Requests[:100] // 100 s of 600
		for i := range t.Requests {
			t.Requests[i].Failure = "refused"
		}
	}
	c := compare(t, a, b)
	if e, _ := c.Estimate("a"); e.Misses != (Interval{1, 1, 1}) {
		t.Errorf("misses %+v where every request is one", e.Misses)
	}
}

// The fewer blocks, the wider: as Student's distribution says of a mean.
func TestFewBlocksWiden(t *testing.T) {
	if got := outside(6); math.Abs(got-.0024) > .0001 { // Φ(-√(6/5)·2.571)
		t.Errorf("with six blocks %.4f lie beyond each end, want 0.0024", got)
	}
	if six, many := outside(6), outside(1000); many <= six || many > .025 || many < .0245 {
		t.Errorf("with a thousand blocks %.4f lie beyond each end", many)
	}
}

func TestDefaultBootstrap(t *testing.T) {
	for length, want := range map[time.Duration]time.Duration{
		2 * time.Minute: 60 * second, 12 * time.Minute: 120 * second, 2 * time.Hour: 300 * second,
	} {
		if got := DefaultBootstrap(length).Block; got != want {
			t.Errorf("%v: blocks of %v, want %v", length, got, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	less, same, more := Interval{-2, -3, -1}, Interval{1, -1, 2}, Interval{2, 1, 3}
	for _, c := range []struct {
		misses, hours Interval
		want          Verdict
	}{
		{less, less, Better}, {less, same, FewerMisses}, {less, more, FewerButDearer},
		{same, less, Cheaper}, {same, same, Same}, {same, more, Dearer},
		{more, less, CheaperButWorse}, {more, same, MoreMisses}, {more, more, Worse},
	} {
		if got := (Difference{Misses: c.misses, GPUHours: c.hours}).Verdict(); got != c.want {
			t.Errorf("%v, %v: %q, want %q", c.misses, c.hours, got, c.want)
		}
	}
}
