package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/kube"
	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/policy"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// Comparison is one load that all policies get at once.
type Comparison struct {
	Settings Settings
	Policies []policy.Policy
	Load     string
	Seed     int64
	Arrivals []load.Arrival
	// Lead is how much of the load comes before what counts, Length how long that
	// is, both in the engines' time.
	Lead, Length time.Duration
	// Mean is the number of engines that the mean load needs.
	Mean int
	// Say hears what is being done.
	Say func(format string, args ...any)
}

// openAfterEnd is how long answers that are open when the load ends may take.
const openAfterEnd = 4 * time.Minute

// Run deploys, drives and removes a comparison. Where the context ends while
// the load runs, it returns what there is until then, and the context's error.
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
		switch left := d.remove(undisturbed); {
		case left != nil && err == nil: // what was measured is whole; the next run removes it first
			c.Say("the namespace %s is still there: %v", Namespace, left)
		default:
			err = errors.Join(err, left)
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
	c.Say("waiting for Prometheus to see every engine")
	if err := awaitSeries(ctx, prometheus, c); err != nil {
		return nil, err
	}
	if err := d.scalers(ctx); err != nil {
		return nil, err
	}
	return c.measure(ctx, d, observer, prometheus)
}

// awaitSeries waits until all engines of all services are scraped.
func awaitSeries(ctx context.Context, p prometheus, c Comparison) error {
	return await(ctx, "Prometheus has all engines' series", scrapeTimeout, func(ctx context.Context) (string, error) {
		counts, err := p.now(ctx, fmt.Sprintf("count by (service) (vllm:num_requests_running{namespace=%q})", Namespace), time.Now())
		if err != nil {
			return "", err
		}
		for _, one := range c.Policies {
			if want := c.Settings.Start(one, c.Mean); int(counts[one.Name]) != want {
				return fmt.Sprintf("%s: %.0f of %d", one.Name, counts[one.Name], want), nil
			}
		}
		return "", nil
	})
}

// garbageLimit is what the sender may hold, in bytes, before it collects
// garbage after all.
const garbageLimit = 2 << 30

// measure drives the load and collects what came of it.
func (c Comparison) measure(ctx context.Context, d deployment, o *observer, p prometheus) ([]result.Trial, error) {
	urls := make([]string, len(c.Policies))
	for i, one := range c.Policies {
		var err error
		if urls[i], err = url(ctx, d.client, Namespace, one.Name, 8000); err != nil {
			return nil, err
		}
	}
	// It goes before what it loads: on one core, so that the others are for that.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	// Nor does its own collector go before them: one cycle is 50 ms at a stretch.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(garbageLimit))
	scale := c.Settings.TimeScale
	whole := (c.Lead + c.Length) / time.Duration(scale)
	began := time.Now()
	loading, stop := context.WithDeadline(ctx, began.Add(whole+openAfterEnd))
	defer stop()
	requests := make([][]result.Request, len(c.Policies))
	httpClient := newClient()
	var all sync.WaitGroup
	for i := range c.Policies {
		all.Go(func() { requests[i] = drive(loading, httpClient, urls[i], c.Arrivals, began, scale) })
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	c.progress(done, o, began, whole)
	length := c.Length
	if ctx.Err() != nil {
		// What came last may still have been answered in time.
		length = min(length, time.Since(began)*time.Duration(scale)-c.Lead-result.DefaultSLO.TTFT)
		if length <= 0 {
			return nil, ctx.Err()
		}
	}
	return c.collect(context.WithoutCancel(ctx), d, o, p, began, length, requests), ctx.Err()
}

// progressEvery is often enough to see that it goes on.
const progressEvery = 15 * time.Second

func (c Comparison) progress(done <-chan struct{}, o *observer, began time.Time, whole time.Duration) {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			now := time.Now()
			text := ""
			for _, p := range c.Policies {
				at := o.at(p.Name, now)
				text += fmt.Sprintf("  %s %d/%d", p.Name, at.ready, at.wanted)
			}
			left := max(0, whole-now.Sub(began)).Round(time.Second)
			c.Say("%s seed %d: %s left; engines ready/wanted:%s", c.Load, c.Seed, left, text)
		}
	}
}
