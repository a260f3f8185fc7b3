package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
	"github.com/vllm-eks/vllm-eks/local/bench/kube"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// Comparison describes one load that all policies get at once.
type Comparison struct {
	Settings Settings
	Policies []policy.Policy
	Load     string
	Seed     int64
	Arrivals []load.Arrival
	// WarmUp is the part of the load before the part that counts, Length the part that counts, both
	// in the replicas' time.
	WarmUp, Length time.Duration
	// Mean is the number of replicas that the mean load needs.
	Mean int
	// Say prints the progress.
	Say func(format string, args ...any)
}

// answersAfterEnd is the time for the last answers after the end of the load.
const answersAfterEnd = 4 * time.Minute

// Run deploys, drives and removes a comparison. If the context ends during the load, Run returns
// the trials until then and the context's error.
func Run(ctx context.Context, config string, c Comparison) (trials []result.Trial, err error) {
	client, err := kube.Connect(ctx, config)
	if err != nil {
		return nil, err
	}
	d := deployment{client: client, settings: c.Settings, policies: c.Policies, say: c.Say}
	defer func() {
		c.Say("removing the namespace %s", Namespace)
		undisturbed, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalTimeout)
		defer cancel()
		switch removal := d.remove(undisturbed); {
		case removal != nil && err == nil: // the measurement is complete, and the next run removes the namespace first
			c.Say("the namespace %s still exists: %v", Namespace, removal)
		default:
			err = errors.Join(err, removal)
		}
	}()
	if err := d.createNamespace(ctx); err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	observer, err := observe(watching, client.Dynamic)
	if err != nil {
		return nil, err
	}
	c.Say("starting %d services", len(c.Policies))
	if err := d.services(ctx, c.Mean); err != nil {
		return nil, err
	}
	prometheus, err := connectPrometheus(ctx, client)
	if err != nil {
		return nil, err
	}
	c.Say("waiting until Prometheus has every replica's metrics")
	if err := awaitSeries(ctx, prometheus, c); err != nil {
		return nil, err
	}
	if err := d.scalers(ctx); err != nil {
		return nil, err
	}
	return c.measure(ctx, client, observer, prometheus)
}

// awaitSeries waits until all replicas of all services are scraped.
func awaitSeries(ctx context.Context, p prometheus, c Comparison) error {
	return await(ctx, "Prometheus has the metrics of all replicas", scrapeTimeout, func(ctx context.Context) (string, error) {
		counts, err := p.query(ctx, fmt.Sprintf("count by (service) (vllm:num_requests_running{namespace=%q})", Namespace), time.Now())
		if err != nil {
			return "", err
		}
		for _, policy := range c.Policies {
			if want := c.Settings.Start(policy, c.Mean); int(counts[policy.Name]) != want {
				return fmt.Sprintf("%s: %.0f of %d", policy.Name, counts[policy.Name], want), nil
			}
		}
		return "", nil
	})
}

// garbageLimit is the memory of the load generator, in bytes, beyond which it collects garbage.
const garbageLimit = 2 << 30

// measure drives the load and returns the trials.
func (c Comparison) measure(ctx context.Context, client *kube.Client, o *observer, p prometheus) ([]result.Trial, error) {
	urls := make([]string, len(c.Policies))
	for i, policy := range c.Policies {
		var err error
		if urls[i], err = url(ctx, client, Namespace, policy.Name, 8000); err != nil {
			return nil, err
		}
	}
	// The load generator has priority over the replicas, so it uses one core only.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	// Its garbage collector would delay requests: one cycle takes 50 ms.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(garbageLimit))
	scale := c.Settings.TimeScale
	whole := (c.WarmUp + c.Length) / time.Duration(scale)
	start := time.Now()
	loading, stop := context.WithDeadline(ctx, start.Add(whole+answersAfterEnd))
	defer stop()
	requests := make([][]load.Outcome, len(c.Policies))
	var sending sync.WaitGroup
	for i, sender := range senders(urls) {
		sending.Go(func() { requests[i] = load.Drive(loading, loading, sender.Send, c.Arrivals, start, scale) })
	}
	done := make(chan struct{})
	go func() { sending.Wait(); close(done) }()
	c.progress(done, o, start, whole)
	length := c.Length
	if ctx.Err() != nil {
		// The last requests could still have met the TTFT limit.
		length = min(length, time.Since(start)*time.Duration(scale)-c.WarmUp-result.TTFTLimit)
		if length <= 0 {
			return nil, ctx.Err()
		}
	}
	return c.collect(context.WithoutCancel(ctx), o, p, start, length, requests), ctx.Err()
}

const progressInterval = 15 * time.Second

func (c Comparison) progress(done <-chan struct{}, o *observer, start time.Time, whole time.Duration) {
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			text := ""
			for _, p := range c.Policies {
				s := o.scale(p.Name)
				text += fmt.Sprintf("  %s %d/%d", p.Name, s.ready, s.desired)
			}
			remaining := max(0, whole-time.Since(start)).Round(time.Second)
			c.Say("%s seed %d: %s left; replicas ready/desired:%s", c.Load, c.Seed, remaining, text)
		}
	}
}
