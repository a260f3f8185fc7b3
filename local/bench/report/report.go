// Package report is what a comparison of scaling policies says: as JSON for the
// record, as one HTML page, and as a table for the terminal.
package report

import (
	"slices"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// Simulated is what every report says of its engines.
const Simulated = "The engines are SIMULATED: one step loop with the published timings of a model and a GPU stands in for each. " +
	"No GPU was used; compare the policies with each other, not with a cluster of yours."

// Policy is one of those compared, in words.
type Policy struct {
	Name string
	Rule string // what it scales on
}

// Settings are what all runs had in common.
type Settings struct {
	// Ours is the name of the policy that the others are compared with.
	Ours     string
	Policies []Policy `json:",omitempty"`

	Minutes     float64 // length of the load of a run
	LeadMinutes float64 // of load that came before it, and does not count
	// RequestsPerSecond is the mean rate of conversation; loads of heavier
	// requests have a share of it. 0 under a recorded load.
	RequestsPerSecond float64
	ColdStartSeconds  float64 // from the creation of a pod to its engine being ready
	// TimeScale is by how much faster than the clock a run went; 1 is real time.
	TimeScale        float64
	MinEngines       int
	MaxEngines       int
	Model, GPU       string // that the engines simulate
	TTFTSeconds      float64
	TPOTSeconds      float64 // of the SLO, as is TTFTSeconds
	TargetShare      float64 // of requests, 0 to 1, that the number of engines needed is to keep the SLO of
	KEDA, Prometheus string  // versions
	Kubernetes       string  // version
	Machine          string  `json:",omitempty"` // that it ran on
	Commit           string  `json:",omitempty"` // of the checkouts that ran it
	GeneratedAt      string  `json:",omitempty"` // RFC 3339
}

// SLO is the one that requests are judged by.
func (s Settings) SLO() result.SLO {
	return result.SLO{TTFT: seconds(s.TTFTSeconds), TPOT: seconds(s.TPOTSeconds)}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Frontier is that of one load and seed, after the engine model ran its
// schedules. The points of all seeds of a load are at the same shares of what
// one engine does, in the same order.
type Frontier struct {
	Load   string
	Seed   int64
	Points []result.Point
}

// Run is one policy under one load and seed.
type Run struct {
	result.Summary
	// Invalid says why the run does not count; "" if it does.
	Invalid string `json:",omitempty"`
	Gap     result.Gap
	Series  Series
	Events  []string `json:",omitempty"`
}

// Report is all of it.
type Report struct {
	Simulated string // the note on the engines
	// Incomplete says why runs are missing; "" if none are.
	Incomplete  string `json:",omitempty"`
	Settings    Settings
	Comparisons []result.Comparison // one per load
	Frontiers   []Frontier
	Runs        []Run
}

// loads in the order in which they were run.
func (r Report) loads() []string {
	var names []string
	for _, c := range r.Comparisons {
		names = append(names, c.Load)
	}
	return names
}

// policies in the order in which they were first run.
func (r Report) policies() []string {
	var names []string
	for _, run := range r.Runs {
		if !slices.Contains(names, run.Policy) {
			names = append(names, run.Policy)
		}
	}
	return names
}

// seeds of a load, in ascending order.
func (r Report) seeds(load string) []int64 {
	var seeds []int64
	for _, run := range r.Runs {
		if run.Load == load && !slices.Contains(seeds, run.Seed) {
			seeds = append(seeds, run.Seed)
		}
	}
	slices.Sort(seeds)
	return seeds
}

// invalid are the runs that do not count.
func (r Report) invalid() []Run {
	return slices.DeleteFunc(slices.Clone(r.Runs), func(run Run) bool { return run.Invalid == "" })
}
