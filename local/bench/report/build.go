package report

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// Build computes a report. Trials may be of several loads and seeds; a frontier
// is of one of each, and may lack. A policy that lacks seeds that others have is
// compared over those that all have.
func Build(settings Settings, trials []result.Trial, frontiers []Frontier) (Report, error) {
	if err := settings.validate(); err != nil {
		return Report{}, err
	}
	if len(trials) == 0 {
		return Report{}, errors.New("trials: there is none, and a report needs at least one")
	}
	r := Report{Simulated: Simulated, Settings: settings, Frontiers: frontiers}
	for _, load := range loadsOf(trials) {
		of := slices.DeleteFunc(slices.Clone(trials), func(t result.Trial) bool { return t.Load != load })
		comparison, err := result.Compare(of, settings.SLO(), result.DefaultBootstrap(of[0].Length))
		if err != nil {
			return Report{}, fmt.Errorf("load %q: %w", load, err)
		}
		r.Comparisons = append(r.Comparisons, comparison)
	}
	for _, t := range trials {
		r.Runs = append(r.Runs, r.run(t))
	}
	return r, nil
}

func (s Settings) validate() error {
	var problems []error
	positive := func(key string, got float64) {
		if got <= 0 {
			problems = append(problems, fmt.Errorf("settings.%s: got %v, want more than 0", key, got))
		}
	}
	if s.Ours == "" {
		problems = append(problems, errors.New("settings.Ours: it is empty; name the policy that the others are compared with"))
	}
	positive("Minutes", s.Minutes)
	positive("TimeScale", s.TimeScale)
	positive("TTFTSeconds", s.TTFTSeconds)
	positive("TPOTSeconds", s.TPOTSeconds)
	positive("TargetShare", s.TargetShare)
	if s.TargetShare > 1 {
		problems = append(problems, fmt.Errorf("settings.TargetShare: got %v, want a share, at most 1", s.TargetShare))
	}
	if s.MinEngines < 0 || s.MaxEngines < max(1, s.MinEngines) {
		problems = append(problems, fmt.Errorf("settings.MaxEngines: got %d and MinEngines %d, want 0 ≤ MinEngines ≤ MaxEngines", s.MaxEngines, s.MinEngines))
	}
	return errors.Join(problems...)
}

func loadsOf(trials []result.Trial) []string {
	var loads []string
	for _, t := range trials {
		if !slices.Contains(loads, t.Load) {
			loads = append(loads, t.Load)
		}
	}
	return loads
}

func (r Report) run(t result.Trial) Run {
	points := r.points(t.Load, t.Seed)
	needed := r.needed(t, points)
	s := result.Summarize(t, r.Settings.SLO(), needed)
	return Run{
		Summary: s,
		Invalid: s.Invalid(),
		Gap:     result.Distance(s, points),
		Series:  newSeries(t, needed),
		Events:  t.Events,
	}
}

func (r Report) points(load string, seed int64) []result.Point {
	for _, f := range r.Frontiers {
		if f.Load == load && f.Seed == seed {
			return f.Points
		}
	}
	return nil
}

// needed is the schedule of the cheapest point of the frontier that keeps the
// SLO of the target share; empty without a frontier.
func (r Report) needed(t result.Trial, points []result.Point) result.Schedule {
	perEngine, ok := result.CapFor(points, r.Settings.TargetShare)
	if !ok {
		return result.Schedule{}
	}
	return result.Frontier(t.Requests, t.Length, seconds(r.Settings.ColdStartSeconds), t.Min, t.Max, []float64{perEngine})[0]
}
