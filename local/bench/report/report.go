// Package report builds the report of a comparison of scaling policies: JSON for the record
// and a table for the terminal.
package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// Simulated is the note of every report about its replicas.
const Simulated = "The replicas are SIMULATED, each by one step loop with the published timings of a model and a GPU. " +
	"No GPU was used: compare the policies with each other, not with your cluster."

// Settings holds what all runs have in common.
type Settings struct {
	Minutes       float64 // length of the load of a run
	WarmUpMinutes float64 // load before it that does not count
	// RequestsPerSecond is the mean rate of the load conversation; heavier loads have a share of
	// it. 0 for a recorded load.
	RequestsPerSecond float64
	ColdStartSeconds  float64 // from the creation of a pod to its first request
	TimeScale         int     // how much faster than the clock a run was
	MinReplicas       int
	MaxReplicas       int
	Model, GPU        string // simulated
	Machine           string
	Commit            string // of the checkouts that ran it
	GeneratedAt       string // RFC 3339
}

// Row holds the figures of one policy under one load. Figures without an interval are means
// over the seeds.
type Row struct {
	result.Estimate
	Gap                result.Gap
	TTFT95, TPOT95     float64 // in seconds
	Truncated, Refused float64
}

// Attained returns the share of requests that met the SLO, with its interval.
func (r Row) Attained() result.Interval {
	return result.Interval{Estimate: 1 - r.Misses.Estimate, Low: 1 - r.Misses.High, High: 1 - r.Misses.Low}
}

// Load holds one load of a comparison.
type Load struct {
	Name  string
	Seeds []int64
	Rows  []Row // by attainment, the best one first
}

// Row returns the row of a policy; false without one.
func (l Load) Row(policy string) (Row, bool) {
	i := slices.IndexFunc(l.Rows, func(r Row) bool { return r.Policy == policy })
	if i < 0 {
		return Row{}, false
	}
	return l.Rows[i], true
}

// Report holds a comparison.
type Report struct {
	Simulated string
	// Incomplete says why runs are missing; "" for a complete report.
	Incomplete string `json:",omitempty"`
	Settings   Settings
	Runs       int
	Invalid    []string `json:",omitempty"` // the runs that do not count, each with the reason
	Loads      []Load
}

// Run is a trial with the frontier of its load and seed.
type Run struct {
	result.Trial
	Frontier []result.Point
}

// Build returns the report of runs. The runs of a load stand together, with the default policy
// first; all policies have the same seeds.
func Build(settings Settings, runs []Run) (Report, error) {
	r := Report{Simulated: Simulated, Settings: settings, Runs: len(runs)}
	for start, end := 0, 0; start < len(runs); start = end {
		for end < len(runs) && runs[end].Load == runs[start].Load {
			end++
		}
		load, err := r.load(runs[start:end])
		if err != nil {
			return Report{}, fmt.Errorf("load %q: %w", runs[start].Load, err)
		}
		r.Loads = append(r.Loads, load)
	}
	return r, nil
}

// load returns the rows of a load and records the runs that do not count.
func (r *Report) load(runs []Run) (Load, error) {
	load := Load{Name: runs[0].Load}
	var trials []result.Trial
	for _, run := range runs {
		trials = append(trials, run.Trial)
		if !slices.Contains(load.Seeds, run.Seed) {
			load.Seeds = append(load.Seeds, run.Seed)
		}
	}
	estimates, err := result.Compare(trials)
	if err != nil {
		return load, err
	}
	n := float64(len(load.Seeds))
	for _, e := range estimates {
		row, points := Row{Estimate: e}, []result.Point(nil)
		for _, run := range runs {
			if run.Policy != e.Policy {
				continue
			}
			s := result.Summarize(run.Trial)
			if s.Invalid != "" {
				r.Invalid = append(r.Invalid, fmt.Sprintf("%s under %s, seed %d: %s", run.Policy, run.Load, run.Seed, s.Invalid))
			}
			row.TTFT95, row.TPOT95 = row.TTFT95+s.TTFT95/n, row.TPOT95+s.TPOT95/n
			row.Truncated, row.Refused = row.Truncated+float64(s.Truncated)/n, row.Refused+float64(s.Refused)/n
			points = addPoints(points, run.Frontier, n)
		}
		row.Gap = result.Distance(result.Point{GPUHours: e.GPUHours.Estimate, Attained: 1 - e.Misses.Estimate}, points)
		load.Rows = append(load.Rows, row)
	}
	slices.SortStableFunc(load.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Misses.Estimate, b.Misses.Estimate), cmp.Compare(a.GPUHours.Estimate, b.GPUHours.Estimate))
	})
	return load, nil
}

// addPoints adds the frontier of one of n seeds to their mean. The frontiers of all seeds have
// the same shares of a replica's rate in the same order.
func addPoints(mean, points []result.Point, n float64) []result.Point {
	if mean == nil {
		mean = make([]result.Point, len(points))
	}
	for i, p := range points {
		mean[i].GPUHours, mean[i].Attained = mean[i].GPUHours+p.GPUHours/n, mean[i].Attained+p.Attained/n
	}
	return mean
}

// WriteJSON writes the report for the record.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	return encoder.Encode(r)
}

// ReadJSON reads what WriteJSON wrote. It refuses an unknown field.
func ReadJSON(source io.Reader) (Report, error) {
	decoder := json.NewDecoder(source)
	decoder.DisallowUnknownFields()
	var r Report
	if err := decoder.Decode(&r); err != nil {
		return Report{}, fmt.Errorf("the report: %w", err)
	}
	return r, nil
}
