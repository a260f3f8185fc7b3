package main

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// An interval of one run holds what many runs come to in three of four cases at
// least: of 40 draws of a load each, in the model. How often exactly, over all
// loads and more draws, result.DefaultBootstrap's source says.
func TestIntervalsHoldTheMeanOfManyRuns(t *testing.T) {
	for _, kind := range []load.Kind{load.Conversation, load.Step} {
		o, asks, policies := planned(t, "model", "-loads="+string(kind), "-seeds=40")
		var misses, hours []result.Interval
		offered, missed, sum := 0.0, 0.0, 0.0
		for _, a := range asks {
			trials, err := o.modelled(t.Context(), a, policies[:1], 0)
			if err != nil {
				t.Fatal(err)
			}
			c, err := result.Compare(trials, result.DefaultSLO, result.DefaultBootstrap(a.length))
			if err != nil {
				t.Fatal(err)
			}
			e, _ := c.Estimate(policy.Ours)
			misses, hours = append(misses, e.Misses), append(hours, e.GPUHours)
			n := float64(len(trials[0].Offered()))
			offered, missed, sum = offered+n, missed+n*e.Misses.Estimate, sum+e.GPUHours.Estimate
		}
		for name, of := range map[string]struct {
			intervals []result.Interval
			truth     float64
		}{"misses": {misses, missed / offered}, "GPU-hours": {hours, sum / float64(len(asks))}} {
			held := 0
			for _, i := range of.intervals {
				if i.Low <= of.truth && of.truth <= i.High {
					held++
				}
			}
			t.Logf("%s: %d of %d intervals of %s hold %.3f", kind, held, len(of.intervals), name, of.truth)
			if 4*held < 3*len(of.intervals) {
				t.Errorf("%s: only %d of %d intervals of %s hold %.3f", kind, held, len(of.intervals), name, of.truth)
			}
		}
	}
}
