package cluster

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// drive sends the arrivals to a service at their times, whatever becomes of
// those before, and waits for the last answer, or the context's end. Answers
// that are open then count as cut.
func drive(ctx context.Context, client *http.Client, url string, arrivals []load.Arrival, began time.Time, scale int) []result.Request {
	answers := make([]result.Request, len(arrivals))
	sent := 0
	var open sync.WaitGroup
	for i, a := range arrivals {
		due := began.Add(a.At / time.Duration(scale))
		if !waitUntil(ctx, due) {
			break
		}
		sent++
		late := time.Since(due)
		open.Go(func() {
			answers[i] = ask(ctx, client, url, a, began)
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
