package cluster

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// drive sends the arrivals to a service at their times, without waiting for earlier answers, and
// returns after the last answer or at the context's end. Open answers then count as cut.
func drive(ctx context.Context, client *http.Client, url string, arrivals []load.Arrival, start time.Time, scale int) []result.Request {
	answers := make([]result.Request, len(arrivals))
	sent := 0
	var open sync.WaitGroup
	for i, a := range arrivals {
		due := start.Add(a.At / time.Duration(scale))
		if !waitUntil(ctx, due) {
			break
		}
		sent++
		late := time.Since(due)
		open.Go(func() {
			answers[i] = send(ctx, client, url, a, start)
			answers[i].Late = late
		})
	}
	open.Wait()
	return answers[:sent]
}

func waitUntil(ctx context.Context, due time.Time) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
