package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

const (
	sampleEvery = 5 * time.Second
	// mostSamples is below what Prometheus answers at once, 11,000.
	mostSamples = 10_000
)

// sampleStep is the time between samples of a run that takes so long.
func sampleStep(whole time.Duration) time.Duration {
	return sampleEvery * max(1, (whole/sampleEvery+mostSamples-1)/mostSamples)
}

// gauges are what samples hold of Prometheus, by service.
type gauges struct {
	running, waiting, kv map[string]map[time.Time]float64
}

// collect makes each policy's trial of what was seen. Times become the engines'
// and begin where the lead ends. What Prometheus does not say makes a run
// doubtful, and no less there.
func (c Comparison) collect(ctx context.Context, d deployment, o *observer, p prometheus, began time.Time, length time.Duration, requests [][]result.Request) []result.Trial {
	scale := time.Duration(c.Settings.TimeScale)
	from, to := began.Add(c.Lead/scale).UTC().Truncate(time.Second), began.Add((c.Lead+length)/scale)
	step := sampleStep(to.Sub(from))
	g, err := readGauges(ctx, p, from, to, step)
	counted := fmt.Sprintf("[%ds]", max(1, int(to.Sub(from).Seconds())))
	preemptions, preemptionsError := p.now(ctx, fmt.Sprintf("sum by (service) (increase(vllm:num_preemptions_total{namespace=%q}%s))", Namespace, counted), to)
	lateness, latenessError := p.now(ctx, fmt.Sprintf("histogram_quantile(0.99, sum by (service, le) (increase(vllmsim:step_lateness_seconds_bucket{namespace=%q}%s)))", Namespace, counted), to)
	unsaid := errors.Join(err, preemptionsError, latenessError)
	var trials []result.Trial
	for i, one := range c.Policies {
		doubt := ""
		if _, known := lateness[one.Name]; !known {
			doubt = "how late engines' steps ended is not known"
		}
		if unsaid != nil {
			doubt = unsaid.Error()
		}
		trials = append(trials, result.Trial{
			Policy: one.Name, Load: c.Load, Seed: c.Seed, Length: length, Min: c.Settings.Min, Max: c.Settings.Max,
			Requests: c.inTime(requests[i], length), Samples: c.samples(one.Name, o, g, from, to, step),
			Pods:        o.lives(one.Name, from, length, c.Settings.TimeScale),
			Preemptions: int(preemptions[one.Name] + 0.5), StepLateness: lateness[one.Name] * float64(scale),
			Events: append(o.said(one.Name), d.conditions(ctx, one)...), Doubt: doubt,
		})
	}
	return trials
}

func readGauges(ctx context.Context, p prometheus, from, to time.Time, step time.Duration) (gauges, error) {
	var g gauges
	for metric, into := range map[string]*map[string]map[time.Time]float64{
		"vllm:num_requests_running": &g.running, "vllm:num_requests_waiting": &g.waiting, "vllm:kv_cache_usage_perc": &g.kv,
	} {
		values, err := p.series(ctx, fmt.Sprintf("sum by (service) (%s{namespace=%q})", metric, Namespace), from, to, step)
		if err != nil {
			return g, err
		}
		*into = values
	}
	return g, nil
}

// inTime are the requests that count, in the engines' time. One that an
// interruption cut counts as what it was then: without its first token it came
// too late for that, or else it may yet have been good.
func (c Comparison) inTime(requests []result.Request, length time.Duration) []result.Request {
	scale := time.Duration(c.Settings.TimeScale)
	var all []result.Request
	for _, r := range requests {
		r.At, r.First, r.Last, r.Late = r.At*scale, r.First*scale, r.Last*scale, r.Late*scale
		cut := strings.Contains(r.Failure, context.Canceled.Error())
		if r.At < c.Lead || r.At >= c.Lead+length || cut && r.First > 0 && r.First-r.At <= result.DefaultSLO.TTFT {
			continue
		}
		r.At -= c.Lead
		if r.First > 0 {
			r.First -= c.Lead
			r.Last -= c.Lead
		}
		all = append(all, r)
	}
	return all
}

func (c Comparison) samples(service string, o *observer, g gauges, from, to time.Time, step time.Duration) []result.Sample {
	var all []result.Sample
	for at := from; !at.After(to); at = at.Add(step) {
		engines := o.at(service, at)
		all = append(all, result.Sample{
			At:     at.Sub(from) * time.Duration(c.Settings.TimeScale),
			Wanted: engines.wanted, Ready: engines.ready, Pods: o.existing(service, at),
			Running: int(g.running[service][at]), Waiting: int(g.waiting[service][at]), KV: g.kv[service][at],
		})
	}
	return all
}

// conditions are what KEDA says of a scaler in the end.
func (d deployment) conditions(ctx context.Context, p policy.Policy) []string {
	if len(p.Triggers) == 0 {
		return nil
	}
	live, err := d.client.Get(ctx, scaledObjectKind, Namespace, p.Name)
	if err != nil {
		return []string{"ScaledObject: " + err.Error()}
	}
	var all []string
	for _, name := range []string{"Ready", "Active", "Fallback"} {
		status, message := conditionOf(live, name)
		all = append(all, fmt.Sprintf("ScaledObject %s=%s: %s", name, status, message))
	}
	return all
}
