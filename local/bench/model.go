package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/loop"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/report"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// compareInModel compares in the model: seconds of a core for an hour of a load and policy.
func compareInModel(ctx context.Context, o options) error {
	traffic, policies, err := o.plan()
	if err != nil {
		return err
	}
	r, err := o.simulate(ctx, traffic, policies)
	if err != nil {
		return err
	}
	return o.publish("model", r)
}

// simulate returns the report of all policies under all loads in the model.
func (o options) simulate(ctx context.Context, traffic []traffic, policies []policy.Policy) (report.Report, error) {
	var runs []report.Run
	for i, t := range traffic {
		fmt.Printf("[%d/%d] %s, seed %d: %d requests\n", i+1, len(traffic), t.name, t.seed, len(t.arrivals))
		trials, err := o.model(ctx, t, policies, 0)
		if err != nil {
			return report.Report{}, err
		}
		frontier, err := o.frontier(ctx, t)
		if err != nil {
			return report.Report{}, err
		}
		runs = append(runs, withFrontier(trials, frontier)...)
	}
	return report.Build(o.described(traffic[0]), runs)
}

func withFrontier(trials []result.Trial, frontier []result.Point) []report.Run {
	var runs []report.Run
	for _, t := range trials {
		runs = append(runs, report.Run{Trial: t, Frontier: frontier})
	}
	return runs
}

// model returns the trials of all policies under one load in the model. A draw is one course of
// chance under the same arrivals.
func (o options) model(ctx context.Context, t traffic, policies []policy.Policy, draw uint64) ([]result.Trial, error) {
	estimate, err := o.settings.Estimate()
	if err != nil {
		return nil, err
	}
	mean, _, err := o.mean(t)
	if err != nil {
		return nil, err
	}
	specs := make([]loop.Spec, len(policies))
	for i, p := range policies {
		specs[i] = o.spec(t, loop.ConfigOf(estimate))
		specs[i].Policy, specs[i].Start, specs[i].Draw = p, o.settings.Start(p, mean), draw
	}
	return runModels(ctx, specs)
}

// runModels runs models, as many at once as there are cores.
func runModels(ctx context.Context, specs []loop.Spec) ([]result.Trial, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // models keep little of what they allocate
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

func (o options) spec(t traffic, config engine.Config) loop.Spec {
	timing := loop.DefaultTiming(o.settings.ColdStart)
	timing.Scrape = o.settings.Scrape
	return loop.Spec{
		Arrivals: t.arrivals, WarmUp: t.warmUp, Length: t.length, Load: t.name, Seed: t.seed,
		Min: o.settings.Min, Max: o.settings.Max, Engine: config, Timing: timing, MaxModelLen: o.settings.MaxModelLen,
	}
}

// mean returns the number of replicas that the mean of the load needs, and the rate of requests
// that one replica serves.
func (o options) mean(t traffic) (replicas int, perReplica float64, err error) {
	input, output := 0, 0
	for _, a := range t.arrivals {
		input, output = input+a.Input, output+a.Output
	}
	n := max(1, len(t.arrivals))
	if perReplica, err = o.settings.RequestsPerReplica(input/n, output/n); err != nil {
		return 0, 0, err
	}
	return o.settings.MeanReplicas(float64(n)/(t.warmUp+t.length).Seconds(), perReplica), perReplica, nil
}

// frontierShares are the rates that the clairvoyant scaler gives a replica, as shares of what a
// replica serves at the load at which sizing keeps it.
var frontierShares = []float64{0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 4}

// frontier returns the points of a clairvoyant scaler in the model.
func (o options) frontier(ctx context.Context, t traffic) ([]result.Point, error) {
	estimate, err := o.settings.Estimate()
	if err != nil {
		return nil, err
	}
	_, perReplica, err := o.mean(t)
	if err != nil {
		return nil, err
	}
	var offered []load.Outcome
	for _, a := range t.arrivals {
		if a.At >= t.warmUp {
			offered = append(offered, load.Outcome{At: a.At - t.warmUp})
		}
	}
	var specs []loop.Spec
	for _, share := range frontierShares {
		spec := o.spec(t, loop.ConfigOf(estimate))
		spec.Schedule = result.Schedule(offered, t.length, o.settings.ColdStart, o.settings.Min, o.settings.Max, share*perReplica)
		specs = append(specs, spec)
	}
	trials, err := runModels(ctx, specs)
	if err != nil {
		return nil, err
	}
	var points []result.Point
	for _, trial := range trials {
		summary := result.Summarize(trial)
		points = append(points, result.Point{GPUHours: summary.GPUHours, Attained: summary.Attained})
	}
	return points, nil
}
