package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

var update = flag.Bool("update", false, "rewrite the reports in the documentation")

const documentation = "../../docs/autoscaling.md"

// recorded returns the run of conversation on the embedded Kubernetes that the documentation shows.
func recorded(t *testing.T) report.Report {
	t.Helper()
	file, err := os.Open("testdata/conversation.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.ReadJSON(file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	if len(r.Loads) != 1 || r.Loads[0].Name != string(load.Conversation) || r.Incomplete != "" {
		t.Fatalf("got %+v, want a complete run of %s", r, load.Conversation)
	}
	return r
}

// flagsOf returns the flags of a run.
func flagsOf(s report.Settings, load string, seeds int) []string {
	return []string{
		"-loads=" + load, fmt.Sprintf("-seeds=%d", seeds), fmt.Sprintf("-minutes=%g", s.Minutes), fmt.Sprintf("-warm-up=%g", s.WarmUpMinutes),
		fmt.Sprintf("-cold-start=%g", s.ColdStartSeconds), fmt.Sprintf("-time-scale=%d", s.TimeScale), fmt.Sprintf("-rate=%g", s.RequestsPerSecond),
		fmt.Sprintf("-min=%d", s.MinReplicas), fmt.Sprintf("-max=%d", s.MaxReplicas),
	}
}

// documented compares what the documentation shows between two comments with the report of a
// command, or writes the report there.
func documented(t *testing.T, comment, command string, r report.Report) {
	t.Helper()
	var text bytes.Buffer
	fmt.Fprintf(&text, "```console\n$ %s\n", command)
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	start, end := "<!-- "+comment+" -->\n", "<!-- end of "+comment+" -->\n"
	before, rest, found := strings.Cut(string(page), start)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the report between %q and %q", documentation, start, end)
	}
	want := before + start + text.String() + "```\n" + end + after
	switch {
	case want == string(page):
	case !*update:
		t.Fatalf("%s does not show\n%s\nrewrite it with: go -C local test ./bench -update", documentation, text.String())
	default:
		if err := os.WriteFile(documentation, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDocumentationShowsTheRecordedRun(t *testing.T) {
	r := recorded(t)
	o, err := readOptions("real", nil)
	if err != nil {
		t.Fatal(err)
	}
	defaults := flagsOf(o.described(traffic{warmUp: o.warmUp, length: o.length}), string(o.loads[0]), len(o.seeds))
	if flags := flagsOf(r.Settings, r.Loads[0].Name, len(r.Loads[0].Seeds)); !slices.Equal(flags, defaults) {
		t.Errorf("the run has the flags %q, and make bench without settings %q", flags, defaults)
	}
	documented(t, "recorded run", "make bench", r)
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, sentence := range map[string]string{
		policy.Default: "%.1f %% of requests keep the objectives at %.2f GPU-hours",
		policy.Usual:   "with the usual HPA on the queue, %.1f %% at %.2f",
	} {
		row, found := r.Loads[0].Row(name)
		if want := fmt.Sprintf(sentence, 100*row.Attained().Estimate, row.GPUHours.Estimate); !found || !strings.Contains(string(page), want) {
			t.Errorf("the README does not say %q", want)
		}
	}
}

// Under every load in the model no other policy is better than the default on both axes.
func TestTheDefaultIsWorthItInTheModel(t *testing.T) {
	o, traffic, policies := planned(t, "model", "-loads=all", "-seeds=3")
	r, err := o.simulate(t.Context(), traffic, policies)
	if err != nil {
		t.Fatal(err)
	}
	documented(t, "model", "make simulate LOADS=all SEEDS=3", r)
	if len(r.Loads) != len(load.Recorded()) {
		t.Fatalf("%d loads, want %d", len(r.Loads), len(load.Recorded()))
	}
	worthIt(t, r, 0.8)
}

// worthIt requires that no other policy is better than the default on both axes and, under
// conversation, at most 40 % of the misses of the usual scaler at a share of its GPU-hours.
func worthIt(t *testing.T, r report.Report, hours float64) {
	t.Helper()
	for _, problem := range r.Invalid {
		t.Errorf("invalid: %s", problem)
	}
	for _, l := range r.Loads {
		for _, row := range l.Rows {
			if row.Verdict == result.Worse {
				t.Errorf("%s: %s is better than the default on both", l.Name, row.Policy)
			}
		}
	}
	ours, found := r.Loads[0].Row(policy.Default)
	seed, both := r.Loads[0].Row(policy.Usual)
	if !found || !both {
		t.Fatalf("%s has no run of both %s and %s", r.Loads[0].Name, policy.Default, policy.Usual)
	}
	if ours.Truncated+ours.Refused > 0 {
		t.Errorf("the default cut %g answers and refused %g requests", ours.Truncated, ours.Refused)
	}
	if share := ours.Misses.Estimate / seed.Misses.Estimate; share > 0.4 {
		t.Errorf("%.0f %% of the misses of %s, want at most 40", 100*share, policy.Usual)
	}
	if share := ours.GPUHours.Estimate / seed.GPUHours.Estimate; share > hours {
		t.Errorf("%.0f %% of the GPU-hours of %s, want at most %.0f", 100*share, policy.Usual, 100*hours)
	}
}

// In the recorded run no answer of the default is cut, no other policy is better on both axes, and
// the default is near the frontier.
func TestTheDefaultIsWorthIt(t *testing.T) {
	r := recorded(t)
	worthIt(t, r, 0.9) // of one seed; the usual scaler's GPU-hours differ by a quarter between seeds
	if row, _ := r.Loads[0].Row(policy.Default); row.Gap.Outside == "" && row.Gap.Percent > 15 {
		t.Errorf("%.0f %% above the frontier, want at most 15", row.Gap.Percent)
	}
}

// The model agrees with the recorded run, so that it is good for choosing parameters.
func TestTheModelAgreesWithTheRecordedRun(t *testing.T) {
	r := recorded(t)
	o, traffic, policies := planned(t, "real", flagsOf(r.Settings, r.Loads[0].Name, len(r.Loads[0].Seeds))...)
	problems, err := o.calibrate(t.Context(), traffic, policies, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}
