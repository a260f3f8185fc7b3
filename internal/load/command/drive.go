package command

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// progressInterval is the time between two lines of progress.
const progressInterval = 5 * time.Second

// drive sends the load, and returns the outcomes. After an interruption, open answers have a grace
// period, and stopped is the time since the start at its end; 0 for a whole load.
func drive(ctx context.Context, messages io.Writer, send load.Send, t traffic) (outcomes []load.Outcome, stopped time.Duration) {
	answering, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	start := time.Now()
	p := progress{messages: messages, start: start, whole: t.whole(), total: len(t.arrivals)}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { p.watch(ctx, done, cut) })
	outcomes = load.Drive(ctx, answering, p.counted(send), t.arrivals, start, 1)
	if ctx.Err() != nil {
		stopped = time.Since(start)
	}
	close(done)
	watching.Wait()
	return outcomes, stopped
}

// progress counts requests while they are sent.
type progress struct {
	messages           io.Writer
	start              time.Time
	whole              time.Duration
	total              int
	sent, done, failed atomic.Int64
}

// counted returns send, with a count of its requests.
func (p *progress) counted(send load.Send) load.Send {
	return func(ctx context.Context, a load.Arrival, start time.Time) load.Outcome {
		p.sent.Add(1)
		o := send(ctx, a, start)
		if o.Failure != "" {
			p.failed.Add(1)
		}
		p.done.Add(1)
		return o
	}
}

// watch prints the progress until the end. After an interruption, it cuts open answers at the end
// of the grace period.
func (p *progress) watch(ctx context.Context, done <-chan struct{}, cut func()) {
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	interrupted := ctx.Done()
	var patience <-chan time.Time
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			p.print()
		case <-interrupted:
			interrupted = nil
			fmt.Fprintf(p.messages, "stopping: open answers have %s\n", grace)
			timer := time.NewTimer(grace)
			defer timer.Stop()
			patience = timer.C
		case <-patience:
			cut()
		}
	}
}

func (p *progress) print() {
	done, failed := p.done.Load(), p.failed.Load() // before sent, so that no number of open requests is negative
	sent := p.sent.Load()
	fmt.Fprintf(p.messages, "%s of %s: %d of %d sent, %d open, %d answered, %d failed\n",
		time.Since(p.start).Round(time.Second), p.whole.Round(time.Second), sent, p.total, sent-done, done-failed, failed)
}
