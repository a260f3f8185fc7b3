package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

var (
	update   = flag.Bool("update", false, "rewrite the recorded runs in the documentation")
	allSeeds = flag.Bool("all-seeds", false, "hold the model to every recorded seed, and not to the first alone")
)

const (
	recordings    = "../../docs/autoscaling"
	documentation = "../../docs/autoscaling.md"
	// What stands between these in the documentation is written by its test.
	recordedFrom, recordedTo = "<!-- recorded runs -->\n", "<!-- end of recorded runs -->\n"
	modelledFrom, modelledTo = "<!-- in the model -->\n", "<!-- end of the model -->\n"
)

// recorded are the runs on the embedded Kubernetes that the documentation
// shows, by file: a load each.
func recorded(t *testing.T) map[string]report.Report {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]report.Report{}
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := report.ReadJSON(file)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if len(r.Comparisons) != 1 || r.Incomplete != "" {
			t.Fatalf("%s has %d loads, want one, complete: %q", path, len(r.Comparisons), r.Incomplete)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".json")] = r
	}
	if _, there := all[string(load.Conversation)]; !there {
		t.Fatalf("%s has no run of %s", recordings, load.Conversation)
	}
	return all
}

// flagsOf are those that a recorded run was made with.
func flagsOf(r report.Report) []string {
	s := r.Settings
	return []string{
		"-loads=" + r.Comparisons[0].Load,
		fmt.Sprintf("-seeds=%d", len(r.Comparisons[0].Seeds)), fmt.Sprintf("-minutes=%g", s.Minutes), fmt.Sprintf("-lead=%g", s.LeadMinutes),
		fmt.Sprintf("-cold-start=%g", s.ColdStartSeconds), fmt.Sprintf("-time-scale=%g", s.TimeScale), fmt.Sprintf("-rate=%g", s.RequestsPerSecond),
		fmt.Sprintf("-min=%d", s.MinEngines), fmt.Sprintf("-max=%d", s.MaxEngines),
	}
}

// commandOf is how a recorded run is made again.
func commandOf(t *testing.T, r report.Report) string {
	t.Helper()
	o, err := readOptions("real", nil)
	if err != nil {
		t.Fatal(err)
	}
	defaults := flagsOf(report.Report{
		Settings:    o.described(nil, asked{lead: o.lead, length: o.length}),
		Comparisons: []result.Comparison{{Load: string(o.loads[0]), Seeds: make([]int64, len(o.seeds))}},
	})
	command := "make bench"
	for _, one := range flagsOf(r) {
		if !slices.Contains(defaults, one) {
			name, value, _ := strings.Cut(strings.TrimPrefix(one, "-"), "=")
			command += " " + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "=" + value
		}
	}
	return command
}

func TestDocumentationShowsTheRecordedRuns(t *testing.T) {
	var text bytes.Buffer
	all := recorded(t)
	for i, name := range slices.Sorted(maps.Keys(all)) {
		r := all[name]
		if i > 0 {
			fmt.Fprintln(&text)
		}
		fmt.Fprintf(&text, "```console\n$ %s\n", commandOf(t, r))
		if err := r.PrintTable(&text); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(&text, "```\n")
	}
	show(t, recordedFrom, recordedTo, text.String())
}

// show holds that the documentation has a text between two lines, or writes it
// there.
func show(t *testing.T, from, to, text string) {
	t.Helper()
	page, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), from)
	_, after, ends := strings.Cut(rest, to)
	if !found || !ends {
		t.Fatalf("%s has no place for what goes between %q and %q", documentation, from, to)
	}
	want := before + from + text + to + after
	if want == string(page) {
		return
	}
	if !*update {
		t.Fatalf("%s does not show what it is to: go -C local test ./bench -update", documentation)
	}
	if err := os.WriteFile(documentation, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// modelled is what make simulate makes of every load, with three seeds each.
func modelled(t *testing.T) report.Report {
	t.Helper()
	o, asks, policies := planned(t, "model", "-loads=all", "-seeds=3")
	r, err := o.simulate(t.Context(), asks, policies)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What the default policy is for, under every load in the model: no other policy
// is better on both counts.
func TestTheDefaultIsWorthItInTheModel(t *testing.T) {
	r := modelled(t)
	var text bytes.Buffer
	fmt.Fprint(&text, "```console\n$ make simulate LOADS=all SEEDS=3\n")
	if err := r.PrintTable(&text); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(&text, "```\n")
	show(t, modelledFrom, modelledTo, text.String())
	if len(r.Comparisons) != len(load.Kinds) {
		t.Fatalf("%d loads, want %d", len(r.Comparisons), len(load.Kinds))
	}
	for _, c := range r.Comparisons {
		for _, p := range policyNames(policy.Others()) {
			if c.Verdict(policy.Ours, p) == result.Worse {
				t.Errorf("%s: %s is better than the default on both", c.Load, p)
			}
		}
		if c.Load == string(load.Conversation) {
			worthIt(t, c, 0.8)
		}
	}
}

// worthIt holds what the default is to be beside the usual scaler under
// conversations: at most 40 % of its misses, at a share of its GPU-hours.
func worthIt(t *testing.T, c result.Comparison, hours float64) {
	t.Helper()
	ours, found := c.Estimate(policy.Ours)
	seed, too := c.Estimate(policy.Seed)
	if !found || !too {
		t.Fatalf("no run of both %s and %s", policy.Ours, policy.Seed)
	}
	if share := ours.Misses.Estimate / seed.Misses.Estimate; share > 0.4 {
		t.Errorf("%.0f %% of the misses of %s, want at most 40", 100*share, policy.Seed)
	}
	if share := ours.GPUHours.Estimate / seed.GPUHours.Estimate; share > hours {
		t.Errorf("%.0f %% of the GPU-hours of %s, want at most %.0f", 100*share, policy.Seed, 100*hours)
	}
}

// The README says what conversation came to.
func TestReadmeShowsTheRecordedRun(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	c := recorded(t)[string(load.Conversation)].Comparisons[0]
	for name, sentence := range map[string]string{
		policy.Ours: "%.1f %% of requests keep the objectives at %.2f GPU-hours",
		policy.Seed: "with the usual HPA on the queue, %.1f %% at %.2f",
	} {
		e, found := c.Estimate(name)
		if !found {
			t.Fatalf("no run of %s", name)
		}
		if want := fmt.Sprintf(sentence, 100*(1-e.Misses.Estimate), e.GPUHours.Estimate); !strings.Contains(string(page), want) {
			t.Errorf("the README does not say %q", want)
		}
	}
}

func runOf(t *testing.T, r report.Report, name string) report.Run {
	t.Helper()
	for _, one := range r.Runs {
		if one.Policy == name {
			return one
		}
	}
	t.Fatalf("no run of %s", name)
	return report.Run{}
}

// What the default policy is for, in the runs that are recorded: valid ones, in
// which no answer is cut, and no other policy is better on both counts.
func TestTheDefaultIsWorthIt(t *testing.T) {
	for name, r := range recorded(t) {
		c := r.Comparisons[0]
		t.Run(name, func(t *testing.T) {
			for _, one := range r.Runs {
				if one.Invalid != "" {
					t.Errorf("%s, seed %d, does not count: %s", one.Policy, one.Seed, one.Invalid)
				}
				if v := c.Verdict(policy.Ours, one.Policy); v == result.Worse {
					t.Errorf("%s is better than the default on both", one.Policy)
				}
				if one.Policy == policy.Ours && one.Truncated+one.Refused > 0 {
					t.Errorf("the default cut %d answers and refused %d requests", one.Truncated, one.Refused)
				}
			}
			if c.Load != string(load.Conversation) {
				return
			}
			worthIt(t, c, 0.9) // of one seed, the usual scaler's differ by a quarter
			if gap := runOf(t, r, policy.Ours).Gap; gap.Outside == "" && gap.Percent > 15 {
				t.Errorf("%.0f %% above the frontier, want at most 15", gap.Percent)
			}
		})
	}
}

// The model, of make simulate, is of use for choosing parameters: it says what
// the recorded runs came to.
func TestTheModelAgreesWithTheRecordedRuns(t *testing.T) {
	for name, r := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			o, asks, policies := planned(t, "real", flagsOf(r)...)
			if !*allSeeds {
				asks = asks[:1] // make test-long has the time for all
			}
			off, err := o.calibrated(t.Context(), asks, policies, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range off {
				t.Error(one)
			}
		})
	}
}
