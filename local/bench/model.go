package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"github.com/vllm-eks/vllm-eks/local/bench/loop"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// model compares in the model, a core's seconds an hour of load and policy.
func model(ctx context.Context, o options) error {
	asks, policies, err := o.plan()
	if err != nil {
		return err
	}
	r, err := o.simulate(ctx, asks, policies)
	if err != nil {
		return err
	}
	return o.publish("model", r)
}

// simulate runs all policies under all loads in the model.
func (o options) simulate(ctx context.Context, asks []asked, policies []policy.Policy) (report.Report, error) {
	var trials []result.Trial
	var frontiers []report.Frontier
	for i, a := range asks {
		fmt.Printf("[%d/%d] %s, seed %d: %d requests\n", i+1, len(asks), a.name, a.seed, len(a.arrivals))
		all, err := o.modelled(ctx, a, policies, 0)
		if err != nil {
			return report.Report{}, err
		}
		frontier, err := o.frontier(ctx, a)
		if err != nil {
			return report.Report{}, err
		}
		trials, frontiers = append(trials, all...), append(frontiers, frontier)
	}
	return report.Build(o.described(policies, asks[0]), trials, frontiers)
}

// modelled are all policies under one load, in the model, as chance draws it.
func (o options) modelled(ctx context.Context, a asked, policies []policy.Policy, draw uint64) ([]result.Trial, error) {
	estimate, err := o.settings.Estimate()
	if err != nil {
		return nil, err
	}
	mean, _, err := o.mean(a)
	if err != nil {
		return nil, err
	}
	specs := make([]loop.Spec, len(policies))
	for i, p := range policies {
		specs[i] = o.spec(a, loop.ConfigOf(estimate))
		specs[i].Policy, specs[i].Start, specs[i].Draw = p, o.settings.Start(p, mean), draw
	}
	return runAll(ctx, specs)
}

// runAll runs models, as many at once as there are cores.
func runAll(ctx context.Context, specs []loop.Spec) ([]result.Trial, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // they keep little of what they make
	trials := make([]result.Trial, len(specs))
	running, ctx := errgroup.WithContext(ctx)
	running.SetLimit(runtime.GOMAXPROCS(0))
	for i, spec := range specs {
		running.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			trials[i] = loop.Run(spec)
			return nil
		})
	}
	return trials, running.Wait()
}

func (o options) spec(a asked, config engine.Config) loop.Spec {
	timing := loop.DefaultTiming(o.settings.ColdStart)
	timing.Scrape = o.settings.Scrape
	return loop.Spec{
		Arrivals: a.arrivals, Lead: a.lead, Length: a.length, Load: a.name, Seed: a.seed,
		Min: o.settings.Min, Max: o.settings.Max, Engine: config, Timing: timing, MaxModelLen: o.settings.MaxModelLen,
	}
}

// mean is the number of engines that the load's mean needs, and the rate of
// requests that one of them takes, known in advance.
func (o options) mean(a asked) (engines int, perEngine float64, err error) {
	input, output := 0, 0
	for _, one := range a.arrivals {
		input, output = input+one.Input, output+one.Output
	}
	n := max(1, len(a.arrivals))
	if perEngine, err = o.settings.RequestsPerEngine(input/n, output/n); err != nil {
		return 0, 0, err
	}
	return o.settings.MeanEngines(float64(n)/(a.lead+a.length).Seconds(), perEngine), perEngine, nil
}

// caps are swept by the clairvoyant, in requests a second and engine, as shares
// of what an engine does at the load that sizing keeps it at.
var caps = []float64{0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 4}

// frontier is what one that knew the load could have had, in the model.
func (o options) frontier(ctx context.Context, a asked) (report.Frontier, error) {
	estimate, err := o.settings.Estimate()
	if err != nil {
		return report.Frontier{}, err
	}
	_, each, err := o.mean(a)
	if err != nil {
		return report.Frontier{}, err
	}
	f := report.Frontier{Load: a.name, Seed: int64(a.seed)}
	var swept []float64
	for _, share := range caps {
		swept = append(swept, share*each)
	}
	var specs []loop.Spec
	for _, schedule := range result.Frontier(offeredOf(a), a.length, o.settings.ColdStart, o.settings.Min, o.settings.Max, swept) {
		spec := o.spec(a, loop.ConfigOf(estimate))
		spec.Schedule = schedule.Steps
		specs = append(specs, spec)
	}
	trials, err := runAll(ctx, specs)
	if err != nil {
		return f, err
	}
	for i, t := range trials {
		summary := result.Summarize(t, result.DefaultSLO, result.Schedule{})
		f.Points = append(f.Points, result.Point{Cap: swept[i], GPUHours: summary.GPUHours, SLO: summary.Attained})
	}
	return f, nil
}

// offeredOf are a load's requests as they count.
func offeredOf(a asked) []result.Request {
	var all []result.Request
	for _, one := range a.arrivals {
		if one.At >= a.lead {
			all = append(all, result.Request{At: one.At - a.lead, Input: one.Input, Output: one.Output})
		}
	}
	return all
}
