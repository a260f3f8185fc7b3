package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// collect returns the trial of each policy, in the replicas' time since the end of the warm-up. A
// run without an answer of Prometheus is doubtful.
func (c Comparison) collect(ctx context.Context, o *observer, p prometheus, start time.Time, length time.Duration, requests [][]load.Outcome) []result.Trial {
	scale := time.Duration(c.Settings.TimeScale)
	start, end := start.Add(c.WarmUp/scale), start.Add((c.WarmUp+length)/scale)
	lateness, err := p.query(ctx, fmt.Sprintf("histogram_quantile(0.99, sum by (service, le) (increase(vllmsim:step_lateness_seconds_bucket{namespace=%q}[%ds])))",
		Namespace, max(1, int(end.Sub(start).Seconds()))), end)
	var trials []result.Trial
	for i, policy := range c.Policies {
		doubt := ""
		if _, found := lateness[policy.Name]; !found {
			doubt = "the lateness of the replicas' steps is not known"
		}
		if err != nil {
			doubt = err.Error()
		}
		trials = append(trials, result.Trial{
			Policy: policy.Name, Load: c.Load, Seed: c.Seed, Length: length, Requests: c.inTime(requests[i], length),
			Pods: o.lifetimes(policy.Name, start, length, scale), StepLateness: lateness[policy.Name] * float64(scale), Doubt: doubt,
		})
	}
	return trials
}

// inTime returns the requests that count, in the replicas' time. A request that an interruption
// cut counts only if it had missed the TTFT limit before.
func (c Comparison) inTime(requests []load.Outcome, length time.Duration) []load.Outcome {
	scale := time.Duration(c.Settings.TimeScale)
	var counted []load.Outcome
	for _, r := range requests {
		r.At, r.First, r.Last, r.Late = r.At*scale, r.First*scale, r.Last*scale, r.Late*scale
		cut := strings.Contains(r.Failure, context.Canceled.Error())
		if r.At < c.WarmUp || r.At >= c.WarmUp+length || cut && r.First > 0 && r.TTFT() <= result.TTFTLimit {
			continue
		}
		r.At -= c.WarmUp
		if r.First > 0 {
			r.First -= c.WarmUp
			r.Last -= c.WarmUp
		}
		counted = append(counted, r)
	}
	return counted
}
