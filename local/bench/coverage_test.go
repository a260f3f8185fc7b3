package main

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// The interval of one run holds the mean of many runs in three of four draws or more, for 40
// draws of a load in the model.
func TestIntervalsHoldTheMeanOfManyRuns(t *testing.T) {
	for _, kind := range []load.Kind{load.Conversation, load.Step} {
		o, loads, policies := planned(t, "model", "-loads="+string(kind), "-seeds=40")
		var misses, hours []result.Interval
		offered, missed, sum := 0.0, 0.0, 0.0
		for _, l := range loads {
			trials, err := o.model(t.Context(), l, policies[:1], 0)
			if err != nil {
				t.Fatal(err)
			}
			estimates, err := result.Compare(trials)
			if err != nil {
				t.Fatal(err)
			}
			e, n := estimates[0], float64(len(trials[0].Offered()))
			misses, hours = append(misses, e.Misses), append(hours, e.GPUHours)
			offered, missed, sum = offered+n, missed+n*e.Misses.Estimate, sum+e.GPUHours.Estimate
		}
		for name, c := range map[string]struct {
			intervals []result.Interval
			mean      float64
		}{"misses": {misses, missed / offered}, "GPU-hours": {hours, sum / float64(len(loads))}} {
			held := 0
			for _, i := range c.intervals {
				if i.Low <= c.mean && c.mean <= i.High {
					held++
				}
			}
			t.Logf("%s: %d of %d intervals of %s hold %.3f", kind, held, len(c.intervals), name, c.mean)
			if 4*held < 3*len(c.intervals) {
				t.Errorf("%s: only %d of %d intervals of %s hold %.3f", kind, held, len(c.intervals), name, c.mean)
			}
		}
	}
}
