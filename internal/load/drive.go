package load

import (
	"context"
	"sync"
	"time"
)

// Send sends one request and returns its outcome, with times since start. It ends with the context.
type Send func(ctx context.Context, a Arrival, start time.Time) Outcome

// Drive sends the arrivals at their times divided by scale, without waiting for earlier answers. It
// stops sending at the end of sending, and returns the outcomes of the sent requests, in order,
// after the last answer or at the end of answering. Open answers then count as cut.
func Drive(sending, answering context.Context, send Send, arrivals []Arrival, start time.Time, scale int) []Outcome {
	outcomes := make([]Outcome, len(arrivals))
	sent := 0
	var open sync.WaitGroup
	for i, a := range arrivals {
		due := start.Add(a.At / time.Duration(scale))
		if !waitUntil(sending, due) {
			break
		}
		sent++
		late := time.Since(due)
		open.Go(func() {
			outcomes[i] = send(answering, a, start)
			outcomes[i].Late = late
		})
	}
	open.Wait()
	return outcomes[:sent]
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
