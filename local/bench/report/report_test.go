package report

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

type trialOf = result.Trial

// The trials of most tests; none changes them.
var twoLoads, frontiers = trials(2)

func without(all []trialOf, i int) []trialOf { return slices.Delete(slices.Clone(all), i, i+1) }

func TestBuild(t *testing.T) {
	r := build(t, settings(), twoLoads, frontiers)
	if !reflect.DeepEqual(r.loads(), []string{"diurnal", "burst"}) || !reflect.DeepEqual(r.policies(), []string{"vllm-eks", "waiting/10"}) ||
		!reflect.DeepEqual(r.seeds("burst"), []int64{1, 2}) || len(r.Runs) != 8 {
		t.Errorf("loads %v, policies %v, seeds %v, %d runs", r.loads(), r.policies(), r.seeds("burst"), len(r.Runs))
	}
	for _, run := range r.Runs {
		if n := length / 5; len(run.Series.Arrivals) != n || len(run.Series.Needed) != n || len(run.Series.Ready) != n || len(run.Series.TTFT95) != n {
			t.Errorf("%s: a series is not of %d bins", run.Policy, n)
		}
		if run.Invalid != "" {
			t.Errorf("%s is invalid: %s", run.Policy, run.Invalid)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Settings)
		trials []trialOf
		want   []string
	}{
		{"no trial", func(*Settings) {}, nil, []string{"trials: there is none"}},
		{"twice the same", func(*Settings) {}, append(slices.Clone(twoLoads), twoLoads[0]), []string{`load "diurnal"`, "two trials"}},
		{"all at once", func(s *Settings) { s.Ours, s.TTFTSeconds, s.TargetShare, s.MaxEngines = "", 0, 95, 0 }, twoLoads,
			[]string{"settings.Ours", "settings.TTFTSeconds", "settings.TargetShare", "settings.MaxEngines"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := settings()
			c.change(&s)
			_, err := Build(s, c.trials, nil)
			for _, part := range c.want {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("got %v, want %q", err, part)
				}
			}
		})
	}
}

// TestVerdictFollowsTheData swaps the names of the policies.
func TestVerdictFollowsTheData(t *testing.T) {
	one := func(policy string, seed int64, missed, engines int) trialOf {
		trial := trialOf{Policy: policy, Load: "steady", Seed: seed, Length: 600 * second}
		for i := range 600 {
			at := time.Duration(i) * second
			r := result.Request{At: at, Output: 1, Tokens: 1, First: at + second, Last: at + second}
			if i%10 < missed {
				r.Failure = "cut"
			}
			trial.Requests = append(trial.Requests, r)
		}
		for range engines {
			trial.Pods = append(trial.Pods, result.Pod{Gone: 600 * second})
		}
		return trial
	}
	for _, c := range []struct {
		name   string
		trials []trialOf
		want   string
	}{
		{"better", []trialOf{one("vllm-eks", 1, 1, 2), one("x", 1, 4, 3)},
			"Beyond the 95 % interval, vllm-eks is better on both SLO misses and GPU-hours than x; no policy is better than vllm-eks on both."},
		{"worse", []trialOf{one("vllm-eks", 1, 4, 3), one("x", 1, 1, 2)}, "Beyond the 95 % interval, vllm-eks is worse on both than x."},
		{"the same", []trialOf{one("vllm-eks", 1, 1, 2), one("x", 1, 1, 2)},
			"Beyond the 95 % interval, no policy is better than vllm-eks on both; against x, neither is better on both."},
		{"all of it", []trialOf{one("vllm-eks", 1, 2, 3), one("x", 1, 4, 4), one("y", 1, 1, 2), one("z", 1, 1, 5)},
			"Beyond the 95 % interval, vllm-eks is better on both SLO misses and GPU-hours than x; vllm-eks is worse on both than y; against z, neither is better on both."},
		{"alone", []trialOf{one("vllm-eks", 1, 1, 2)}, "Nothing is compared: there is no run of vllm-eks and of another policy under the same load with the same seed."},
		{"without ours", []trialOf{one("x", 1, 1, 2), one("y", 1, 1, 2)}, "Nothing is compared: there is no run of vllm-eks and of another policy under the same load with the same seed."},
		{"no seed of both", []trialOf{one("vllm-eks", 1, 1, 2), one("x", 2, 1, 2)}, "Nothing is compared: there is no run of vllm-eks and of another policy under the same load with the same seed."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := build(t, settings(), c.trials, nil)
			if got := r.Verdict(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if page := written(t, r); !strings.Contains(page, c.want) {
				t.Error("the page does not say it")
			}
		})
	}
}

func TestRowsAreSortedBySLO(t *testing.T) {
	r := build(t, settings(), append(slices.Clone(twoLoads), synthetic("static", "diurnal", 1, onNothing), synthetic("static", "diurnal", 2, onNothing)), frontiers)
	rows := r.rows(r.Comparisons[0])
	if !slices.IsSortedFunc(rows, func(a, b row) int { return int(math.Copysign(1, b.Attained.Estimate-a.Attained.Estimate)) }) || len(rows) != 3 {
		t.Errorf("%d rows, not by SLO", len(rows))
	}
	if len(r.rows(r.Comparisons[1])) != 2 || !slices.Contains(r.caveats(), "Under burst there is no run of static.") {
		t.Errorf("burst has %d rows; caveats %q", len(r.rows(r.Comparisons[1])), r.caveats())
	}
}

func TestJSONRoundTrip(t *testing.T) {
	r := build(t, settings(), twoLoads, frontiers)
	r.Incomplete = "stopped"
	var first, second bytes.Buffer
	if err := r.WriteJSON(&first); err != nil {
		t.Fatal(err)
	}
	text := first.String()
	back, err := ReadJSON(&first)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.WriteJSON(&second); err != nil {
		t.Fatal(err)
	}
	if text != second.String() {
		t.Error("what was read is not what was written")
	}
	if written(t, r) != written(t, back) {
		t.Error("its page is another")
	}
	if !strings.Contains(text, "null") {
		t.Error("the trials have no gap, so this does not try one")
	}
	if _, err := ReadJSON(strings.NewReader(`{"Verdict": "good"}`)); err == nil || !strings.Contains(err.Error(), "Verdict") {
		t.Errorf("an unknown field: %v", err)
	}
}

func TestSeries(t *testing.T) {
	trial := trialOf{Length: 12 * second,
		Requests: []result.Request{{At: 0, Tokens: 1, First: 2 * second}, {At: 4 * second, Tokens: 1, First: 5 * second}, {At: 11 * second}, {At: 12 * second}},
		Samples: []result.Sample{{At: 5 * second, Running: 2, Waiting: 1, KV: .5, Wanted: 1, Ready: 1, Pods: 2},
			{At: 9 * second, Running: 5, Waiting: 4, KV: 1, Wanted: 3, Ready: 2, Pods: 4}},
	}
	got := newSeries(trial, result.Schedule{Steps: []result.Step{{At: 0, Replicas: 2}, {At: 7 * second, Replicas: 3}}})
	gap := math.NaN()
	for name, c := range map[string][2]Values{
		"arrivals": {got.Arrivals, {.4, 0, .5}},
		"TTFT":     {got.TTFT95, {2, gap, gap}},
		"running":  {got.Running, {gap, 3.5, 3.5}},
		"waiting":  {got.Waiting, {gap, 2.5, 2.5}},
		"KV":       {got.KV, {gap, .75, .75}},
		"wanted":   {got.Wanted, {gap, 3, 3}},
		"ready":    {got.Ready, {gap, 2, 2}},
		"pods":     {got.Pods, {gap, 4, 4}},
		"needed":   {got.Needed, {2, 2, 3}},
	} {
		if !slices.EqualFunc(c[0], c[1], func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }) {
			t.Errorf("%s: %v, want %v", name, c[0], c[1])
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{signed(1.25, 1), "+1.2"}, {signed(-1.25, 1), "−1.2"}, {signed(-.01, 1), "0.0"}, {signed(0, 0), "0"},
		{shortly(.299), "0.30"}, {shortly(12.34), "12.3"}, {shortly(123.4), "123"},
		{counted(3), "3"}, {counted(3.25), "3.2"},
		{gap(result.Gap{Percent: 41.4}), "+41 %"}, {gap(result.Gap{Outside: "beyond its cheap end, whose …"}), "beyond its cheap end"},
		{gap(result.Gap{Percent: 41.4, AtLeast: true}), "≥ +41 %"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// Each point of the frontier is the mean over the seeds, though what an engine
// does differs by seed.
func TestTheFrontierIsTheMeanOverSeeds(t *testing.T) {
	of, frontiers := trials(3)
	r := build(t, settings(), of, frontiers)
	c := r.Comparisons[0]
	mean := r.meanPoints(c)
	if len(mean) != len(r.points(c.Load, 1)) {
		t.Fatalf("%d points, want as many as a seed has, %d", len(mean), len(r.points(c.Load, 1)))
	}
	for i, p := range mean {
		sum := 0.0
		for _, seed := range c.Seeds {
			sum += r.points(c.Load, seed)[i].GPUHours
		}
		if want := sum / float64(len(c.Seeds)); math.Abs(p.GPUHours-want) > 1e-9 {
			t.Errorf("point %d: %v GPU-hours, want %v", i, p.GPUHours, want)
		}
	}
}
