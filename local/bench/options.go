package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/cluster"
	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
)

// options are what a comparison is of.
type options struct {
	loads    []load.Kind
	only     []string // policies beside ours; none: all
	seeds    []uint64
	trace    string // of a file; instead of loads
	whole    bool   // of the trace, not just its first minutes
	rate     float64
	length   time.Duration // of a made load, in the engines' time
	settings cluster.Settings
	lead     time.Duration
	out      string // folder
}

const (
	// resultsFolder is not in .local, which make down removes: results take hours.
	resultsFolder = "bench-results"
	scrape        = 15 * time.Second
	// meanRate gives each service five to twelve engines of twenty, so that
	// policies have where to go in both directions, and all services together stay
	// within what two cores can generate and simulate.
	meanRate = 3.5
	// mostEngines is the default of a service, and the most that the embedded
	// cluster has GPUs for.
	mostEngines = 20
	// longest is the longest load.
	longest = 24 * time.Hour
)

func readOptions(name string, args []string) (options, error) {
	flags := flag.NewFlagSet("bench "+name, flag.ContinueOnError)
	loads := flags.String("loads", string(load.Conversation), "which loads, with commas; all: every one")
	only := flags.String("policies", "", "which to compare the default policy with, with commas; empty: all")
	seeds := flags.Int("seeds", 1, "how many, each with arrivals of its own")
	trace := flags.String("trace", "", "a recorded load instead: CSV with the columns seconds, input_tokens, output_tokens; -minutes of it, or all")
	minutes := flags.Float64("minutes", 20, "length of a load, after the lead")
	// The window in which policies look back before they take engines away.
	before := flags.Float64("lead", 5, "minutes of load that come before what counts")
	cold := flags.Int("cold-start", 90, "seconds from the creation of a pod to its first request")
	scale := flags.Int("time-scale", 1, "divides every interval and the engines' times: 1, 3 or 5")
	rate := flags.Float64("rate", meanRate, "mean requests a second")
	most := flags.Int("max", mostEngines, "engines of a service at most")
	least := flags.Int("min", 1, "engines of a service at least")
	out := flags.String("out", resultsFolder, "folder of results")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	o := options{
		lead: time.Duration(*before * float64(time.Minute)), trace: *trace, whole: !given["minutes"], rate: *rate, length: time.Duration(*minutes * float64(time.Minute)), out: *out,
		settings: cluster.Settings{
			Model: "meta-llama/Llama-3.1-8B-Instruct", GPU: "A10G", MaxModelLen: 16384,
			Min: *least, Max: *most, ColdStart: time.Duration(*cold) * time.Second, Scrape: scrape, TimeScale: *scale,
		},
	}
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(flags.NArg() > 0, "got %q, which is no flag", flags.Args())
	refuse(*minutes < 1 || *minutes > longest.Minutes(), "MINUTES: got %v, want 1 to 1440", *minutes)
	refuse(*before < 0 || *before > 60, "LEAD: got %v, want 0 to 60", *before)
	shortest := max(5, int(cluster.ShortestColdStart(*scale).Seconds()))
	refuse(*cold < shortest || *cold > 1800, "COLD_START: got %d, want %d to 1800 seconds (with TIME_SCALE %d)", *cold, shortest, *scale)
	refuse(!slices.Contains([]int{1, 3, 5}, *scale), "TIME_SCALE: got %d, want 1, 3 or 5", *scale)
	refuse(*scale != 1 && name == "model", "TIME_SCALE: got %d, and a model's time is its own", *scale)
	refuse(*rate <= 0 || *rate > 100, "RATE: got %v, want above 0 and at most 100 requests a second", *rate)
	refuse(*least < 1, "MIN: got %d, want 1 at least", *least)
	refuse(*most <= *least || *most > mostEngines, "MAX: got %d, want more than MIN, %d, and at most %d", *most, *least, mostEngines)
	refuse(*seeds < 1 || *seeds > 100, "SEEDS: got %d, want 1 to 100", *seeds)
	for seed := range uint64(max(0, *seeds)) {
		o.seeds = append(o.seeds, seed+1)
	}
	if *trace != "" {
		_, err := os.Stat(*trace)
		refuse(err != nil, "TRACE: %v", err)
		for _, made := range []string{"loads", "seeds", "rate"} {
			refuse(given[made], "%s: is of no use with TRACE, which is a load of its own; leave it out", strings.ToUpper(made))
		}
	}
	known := policyNames(policy.Others())
	for _, name := range strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }) {
		refuse(!slices.Contains(known, name), "POLICIES: got %q, want some of %s", name, strings.Join(known, ", "))
		o.only = append(o.only, name)
	}
	for _, name := range strings.Split(*loads, ",") {
		kind := load.Kind(name)
		if name == "all" {
			o.loads = load.Kinds
			break
		}
		refuse(!slices.Contains(load.Kinds, kind), "LOADS: got %q, want some of %v, or all", name, load.Kinds)
		refuse(slices.Contains(o.loads, kind), "LOADS: got %q twice", name)
		o.loads = append(o.loads, kind)
	}
	return o, errors.Join(errs...)
}

func policyNames(all []policy.Policy) []string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	return names
}

// asked is a load for all policies.
type asked struct {
	name     string
	seed     uint64
	arrivals []load.Arrival
	lead     time.Duration
	length   time.Duration
}

// key names its results: what they depend on beside the programs that ran. Its
// last part is a sum of the arrivals, the settings and what the policies do.
func (o options) key(a asked, policies []policy.Policy) string {
	s, sum := o.settings, sha256.New()
	fmt.Fprintf(sum, "%+v %+v", s, a.arrivals)
	for _, p := range policies {
		p.Source = "" // words
		fmt.Fprintf(sum, " %+v", p)
	}
	return fmt.Sprintf("%s-%d-%g+%gmin-cold%d-x%d-%dto%d-rate%g-%.4x", a.name, a.seed, a.lead.Minutes(), a.length.Minutes(), int(s.ColdStart.Seconds()), s.TimeScale, s.Min, s.Max,
		o.rate, sum.Sum(nil))
}

// relativeRate is that of loads whose requests are heavier than those of
// conversation, or come in bursts, so that the bounds hold them as well.
var relativeRate = map[load.Kind]float64{load.Code: 0.4, load.LongPrompts: 0.5}

// plan is what is compared: policies, under each of the loads.
func (o options) plan() ([]asked, []policy.Policy, error) {
	asks, err := o.asks()
	if err != nil {
		return nil, nil, err
	}
	policies, err := o.settings.Policies()
	if len(o.only) > 0 {
		policies = slices.DeleteFunc(policies, func(p policy.Policy) bool { return p.Name != policy.Ours && !slices.Contains(o.only, p.Name) })
	}
	return asks, policies, err
}

// asks makes the loads.
func (o options) asks() ([]asked, error) {
	if o.trace != "" {
		return o.recorded()
	}
	var all []asked
	for _, kind := range o.loads {
		for _, seed := range o.seeds {
			rate := o.rate
			if factor, ok := relativeRate[kind]; ok {
				rate *= factor
			}
			arrivals, err := load.Make(load.Spec{Kind: kind, Seed: seed, Rate: rate, Length: o.length, Lead: o.lead})
			if err != nil {
				return nil, err
			}
			all = append(all, asked{name: string(kind), seed: seed, arrivals: arrivals, lead: o.lead, length: o.length})
		}
	}
	return all, nil
}

// recorded is a trace, or its first minutes. Its beginning is the lead, a quarter
// of it at most. A request that is longer than the context is refused however
// long it is, so no more than that is sent.
func (o options) recorded() ([]asked, error) {
	file, err := os.Open(o.trace)
	if err != nil {
		return nil, fmt.Errorf("TRACE: %w", err)
	}
	defer file.Close()
	arrivals, err := load.Read(file)
	if err != nil {
		return nil, fmt.Errorf("TRACE: %s: %w", o.trace, err)
	}
	whole := arrivals[len(arrivals)-1].At + time.Second
	if !o.whole {
		whole = min(whole, o.lead+o.length)
	}
	if whole > longest+o.lead {
		return nil, fmt.Errorf("TRACE: %s is %s long, and at most %s can be run; are its seconds such, and how many MINUTES do you want?", o.trace, whole.Round(time.Minute), longest)
	}
	arrivals = slices.DeleteFunc(arrivals, func(a load.Arrival) bool { return a.At >= whole })
	for i := range arrivals {
		arrivals[i].Input = min(arrivals[i].Input, o.settings.MaxModelLen+1)
	}
	before := min(o.lead, whole/4).Truncate(time.Second)
	name := strings.TrimSuffix(filepath.Base(o.trace), filepath.Ext(o.trace))
	return []asked{{name: "trace " + name, seed: 1, arrivals: arrivals, lead: before, length: (whole - before).Truncate(time.Second)}}, nil
}
