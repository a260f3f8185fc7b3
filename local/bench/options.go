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

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/cluster"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
)

// options holds the flags of a comparison.
type options struct {
	loads    []load.Kind
	only     []string // policies beside the default; none: all
	seeds    []uint64
	trace    string // a file, instead of loads
	whole    bool   // the whole trace, not only its first minutes
	rate     float64
	length   time.Duration // of a generated load, in the replicas' time
	warmUp   time.Duration
	settings cluster.Settings
	out      string // folder
}

const (
	// resultsFolder is outside .local, which make down removes: results take hours.
	resultsFolder = "bench-results"
	scrape        = 15 * time.Second
	// meanRate gives each service 5 to 12 replicas of 20, so that policies can scale in both
	// directions and two cores can generate and simulate the load of all services.
	meanRate = 3.5
	// maxReplicas is the default of a service and the number of GPUs of the embedded cluster.
	maxReplicas = 20
	longestLoad = 24 * time.Hour
)

func readOptions(name string, args []string) (options, error) {
	flags := flag.NewFlagSet("bench "+name, flag.ContinueOnError)
	loads := flags.String("loads", string(load.Conversation), "loads, with commas; all: every one")
	only := flags.String("policies", "", "policies to compare the default policy with, with commas; empty: all")
	seeds := flags.Int("seeds", 1, "number of seeds, each with arrivals of its own")
	trace := flags.String("trace", "", "a recorded load instead: CSV with the columns seconds, input_tokens, output_tokens; -minutes of it, or all")
	minutes := flags.Float64("minutes", 20, "length of a load, after the warm-up")
	// The default is the window of most policies before they remove replicas.
	warmUp := flags.Float64("warm-up", 5, "minutes of load before the part that counts")
	cold := flags.Int("cold-start", 90, "seconds from the creation of a pod to its first request")
	scale := flags.Int("time-scale", 1, "divides every interval and the replicas' times: 1, 3 or 5")
	rate := flags.Float64("rate", meanRate, "mean requests a second")
	highest := flags.Int("max", maxReplicas, "maximum of the replicas of a service")
	lowest := flags.Int("min", 1, "minimum of the replicas of a service")
	out := flags.String("out", resultsFolder, "folder of results")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	o := options{
		trace: *trace, whole: !set["minutes"], rate: *rate, out: *out,
		warmUp: time.Duration(*warmUp * float64(time.Minute)), length: time.Duration(*minutes * float64(time.Minute)),
		settings: cluster.Settings{
			Model: "meta-llama/Llama-3.1-8B-Instruct", GPU: "A10G", MaxModelLen: 16384,
			Min: *lowest, Max: *highest, ColdStart: time.Duration(*cold) * time.Second, Scrape: scrape, TimeScale: *scale,
		},
	}
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(flags.NArg() > 0, "got %q, want flags only", flags.Args())
	refuse(*minutes < 1 || *minutes > longestLoad.Minutes(), "MINUTES: got %v, want 1 to 1440", *minutes)
	refuse(*warmUp < 0 || *warmUp > 60, "WARM_UP: got %v, want 0 to 60", *warmUp)
	shortest := max(5, int(cluster.ShortestColdStart(*scale).Seconds()))
	refuse(*cold < shortest || *cold > 1800, "COLD_START: got %d, want %d to 1800 seconds (with TIME_SCALE %d)", *cold, shortest, *scale)
	refuse(!slices.Contains([]int{1, 3, 5}, *scale), "TIME_SCALE: got %d, want 1, 3 or 5", *scale)
	refuse(*scale != 1 && name == "model", "TIME_SCALE: got %d, want 1: the model has a time of its own", *scale)
	refuse(*rate <= 0 || *rate > 100, "RATE: got %v, want above 0 and at most 100 requests a second", *rate)
	refuse(*lowest < 1, "MIN: got %d, want 1 or more", *lowest)
	refuse(*highest <= *lowest || *highest > maxReplicas, "MAX: got %d, want more than MIN, %d, and at most %d", *highest, *lowest, maxReplicas)
	refuse(*seeds < 1 || *seeds > 100, "SEEDS: got %d, want 1 to 100", *seeds)
	for seed := range uint64(max(0, *seeds)) {
		o.seeds = append(o.seeds, seed+1)
	}
	if *trace != "" {
		_, err := os.Stat(*trace)
		refuse(err != nil, "TRACE: %v", err)
		for _, name := range []string{"loads", "seeds", "rate"} {
			refuse(set[name], "%s: cannot be combined with TRACE, a load of its own; remove one of the two", strings.ToUpper(name))
		}
	}
	available := policyNames(policy.Others())
	for _, name := range strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }) {
		refuse(!slices.Contains(available, name), "POLICIES: got %q, want some of %s", name, strings.Join(available, ", "))
		o.only = append(o.only, name)
	}
	for _, name := range strings.Split(*loads, ",") {
		kind := load.Kind(name)
		if name == "all" {
			o.loads = load.Recorded()
			break
		}
		refuse(!slices.Contains(load.Recorded(), kind), "LOADS: got %q, want some of %v, or all", name, load.Recorded())
		refuse(slices.Contains(o.loads, kind), "LOADS: got %q twice", name)
		o.loads = append(o.loads, kind)
	}
	return o, errors.Join(errs...)
}

func policyNames(policies []policy.Policy) []string {
	var names []string
	for _, p := range policies {
		names = append(names, p.Name)
	}
	return names
}

// traffic is one load with one seed, the same for all policies.
type traffic struct {
	name     string
	seed     uint64
	arrivals []load.Arrival
	warmUp   time.Duration
	length   time.Duration
}

// key returns the name of the results: what they depend on beside the programs that ran. Its last
// part is a checksum of the arrivals, the settings and the policies.
func (o options) key(t traffic, policies []policy.Policy) string {
	s, sum := o.settings, sha256.New()
	fmt.Fprintf(sum, "%+v %+v", s, t.arrivals)
	for _, p := range policies {
		fmt.Fprintf(sum, " %+v", p)
	}
	return fmt.Sprintf("%s-%d-%g+%gmin-cold%d-x%d-%dto%d-rate%g-%.4x", t.name, t.seed, t.warmUp.Minutes(), t.length.Minutes(), int(s.ColdStart.Seconds()), s.TimeScale, s.Min, s.Max,
		o.rate, sum.Sum(nil))
}

// relativeRate is the share of the rate for loads with heavier requests than conversation, or
// bursts of them, so that they stay within the bounds as well.
var relativeRate = map[load.Kind]float64{load.Code: 0.4, load.LongPrompts: 0.5}

// plan returns the loads and the policies of a comparison, the default policy first.
func (o options) plan() ([]traffic, []policy.Policy, error) {
	traffic, err := o.traffic()
	if err != nil {
		return nil, nil, err
	}
	policies, err := o.settings.Policies()
	if len(o.only) > 0 {
		policies = slices.DeleteFunc(policies, func(p policy.Policy) bool { return p.Name != policy.Default && !slices.Contains(o.only, p.Name) })
	}
	return traffic, policies, err
}

// traffic returns the loads.
func (o options) traffic() ([]traffic, error) {
	if o.trace != "" {
		return o.recorded()
	}
	var loads []traffic
	for _, kind := range o.loads {
		for _, seed := range o.seeds {
			rate := o.rate
			if factor, ok := relativeRate[kind]; ok {
				rate *= factor
			}
			arrivals, err := load.Make(load.Spec{Kind: kind, Seed: seed, Rate: rate, Length: o.length, WarmUp: o.warmUp})
			if err != nil {
				return nil, err
			}
			loads = append(loads, traffic{name: string(kind), seed: seed, arrivals: arrivals, warmUp: o.warmUp, length: o.length})
		}
	}
	return loads, nil
}

// recorded returns a trace, or its first minutes, with a warm-up of a quarter of it or less.
// Replicas refuse a prompt beyond the context whatever its length, so it is shortened to that.
func (o options) recorded() ([]traffic, error) {
	file, err := os.Open(o.trace)
	if err != nil {
		return nil, fmt.Errorf("TRACE: %w", err)
	}
	defer file.Close()
	arrivals, err := load.Read(file)
	if err != nil {
		return nil, fmt.Errorf("TRACE: %s: %w", o.trace, err)
	}
	length := arrivals[len(arrivals)-1].At + time.Second
	if !o.whole {
		length = min(length, o.warmUp+o.length)
	}
	if length > longestLoad+o.warmUp {
		return nil, fmt.Errorf("TRACE: %s is %s long, want at most %s; check that the column seconds holds seconds, or set MINUTES", o.trace, length.Round(time.Minute), longestLoad)
	}
	arrivals = slices.DeleteFunc(arrivals, func(a load.Arrival) bool { return a.At >= length })
	for i := range arrivals {
		arrivals[i].Input = min(arrivals[i].Input, o.settings.MaxModelLen+1)
	}
	warmUp := min(o.warmUp, length/4).Truncate(time.Second)
	name := strings.TrimSuffix(filepath.Base(o.trace), filepath.Ext(o.trace))
	return []traffic{{name: "trace " + name, seed: 1, arrivals: arrivals, warmUp: warmUp, length: (length - warmUp).Truncate(time.Second)}}, nil
}
