package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine/clocktest"
)

type counts struct {
	mu       sync.Mutex
	tokens   int
	finished map[string]int
}

func (c *counts) Stepped(Step) {}

func (c *counts) Woken(time.Duration) {}

func (c *counts) Produced(Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens++
}

func (c *counts) Finished(_ *Sequence, reason string, _ time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished == nil {
		c.finished = map[string]int{}
	}
	c.finished[reason]++
}

func (c *counts) total(reason string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finished[reason]
}

func startEngine(t *testing.T, config Config) (*Engine, *clocktest.Clock, *counts) {
	t.Helper()
	clock, seen := clocktest.New(start), &counts{}
	e := New(config, clock, seen)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return e, clock, seen
}

func submit(t *testing.T, e *Engine, prompt, output int) *Stream {
	t.Helper()
	s, err := e.Submit(Request{PromptTokens: prompt, OutputTokens: output, Reason: Length, Notify: make(chan struct{}, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func await(t *testing.T, s *Stream) News {
	t.Helper()
	select {
	case <-s.notify:
		return s.Take()
	case <-time.After(10 * time.Second):
		t.Fatal("no news")
		return News{}
	}
}

func TestTokensArriveAsTheClockMoves(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 10, 2)
	clock.Fire(t)
	if news := await(t, s); news.Tokens != 1 || news.Reason != "" {
		t.Errorf("first: %+v", news)
	}
	clock.Fire(t)
	if news := await(t, s); news.Tokens != 1 || news.Reason != Length {
		t.Errorf("second: %+v", news)
	}
	if seen.total(Length) != 1 {
		t.Errorf("finished: %v", seen.finished)
	}
}

// TestTokensAreNewsInBatches holds that a client with batches is notified of the first token
// and of the end at once, and not of each token.
func TestTokensAreNewsInBatches(t *testing.T) {
	e, clock, _ := startEngine(t, roomy())
	s, err := e.Submit(Request{PromptTokens: 10, OutputTokens: 12, Reason: Length, Batch: 5, Notify: make(chan struct{}, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 5, 5, 1} {
		clock.Fire(t)
		if news := await(t, s); news.Tokens != n {
			t.Errorf("%d tokens, want %d", news.Tokens, n)
		}
	}
}

func TestCancelCountsAnAbort(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 160, 100)
	clock.Fire(t)
	await(t, s)
	s.Cancel()
	if load := e.Load(); load.UsedBlocks != 0 || load.Running != 0 {
		t.Errorf("%+v", load)
	}
	if news := await(t, s); news.Reason != Abort || seen.total(Abort) != 1 {
		t.Errorf("%+v, %v", news, seen.finished)
	}
	s.Cancel() // again: nothing
	if seen.total(Abort) != 1 {
		t.Error("counted twice")
	}
}

func TestDrainLetsWorkFinishAndRefusesNewWork(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 10, 2)
	firstStep := clock.Next(t)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		e.Drain(time.Hour)
	}()
	timeout := clock.Next(t) // draining now waits for its timeout
	if _, err := e.Submit(Request{PromptTokens: 1, OutputTokens: 1}); !errors.Is(err, ErrShuttingDown) {
		t.Errorf("new work while draining: %v", err)
	}
	if !e.Healthy() {
		t.Error("not healthy while draining")
	}
	clock.Ring(firstStep)
	await(t, s)
	clock.Fire(t)
	if news := await(t, s); news.Reason != Length {
		t.Errorf("%+v", news)
	}
	<-drained
	if seen.total(Abort) != 0 || len(timeout.Ring) != 0 {
		t.Errorf("aborted %d", seen.total(Abort))
	}
}

func TestDrainAbortsAfterTheTimeout(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 10, 1000)
	clock.Next(t) // the step that will never end
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		e.Drain(time.Second)
	}()
	clock.Fire(t)
	<-drained
	if news := await(t, s); news.Reason != Abort || news.Err != nil || seen.total(Abort) != 1 {
		t.Errorf("%+v, %v", news, seen.finished)
	}
	idle := New(roomy(), clocktest.New(start), &counts{})
	idle.Drain(0) // returns at once
}

func TestHungEngineIsHealthy(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	e.Hang()
	submit(t, e, 10, 2)
	if !e.Healthy() || len(clock.Waiting) != 0 || seen.tokens != 0 {
		t.Error("a hung engine works or says that it does not")
	}
	if load := e.Load(); load.Running+load.Waiting != 0 || e.InFlight() != 1 {
		t.Errorf("its gauges moved: %+v; %d in flight", load, e.InFlight())
	}
}

// TestHungEngineKeepsItsGauges holds that the gauges show the last step, also when a client
// gives up.
func TestHungEngineKeepsItsGauges(t *testing.T) {
	e, clock, _ := startEngine(t, roomy())
	s := submit(t, e, 10, 100)
	clock.Fire(t)
	await(t, s)
	before := e.Load()
	e.Hang()
	s.Cancel()
	if after := e.Load(); after != before || after.Running != 1 || e.InFlight() != 0 {
		t.Errorf("%+v, before %+v; %d in flight", after, before, e.InFlight())
	}
}

// TestArrivalDuringAStepIsNotQueued holds that a request that arrives during a step counts
// as waiting only after the step.
func TestArrivalDuringAStepIsNotQueued(t *testing.T) {
	w := newWorld(roomy())
	w.add(10, 5)
	step := w.Plan(w.now)
	late := w.add(10, 5)
	if load := w.Load(); load.Running != 1 || load.Waiting != 0 {
		t.Errorf("during the step: %+v", load)
	}
	if writes := w.All(); len(writes) != 2 {
		t.Errorf("%d sequences, want 2", len(writes))
	}
	w.Apply(step, w.now)
	if w.Plan(w.now); w.Load().Running != 2 {
		t.Errorf("after the step: %+v", w.Load())
	}
	answered := w.add(10, 5)
	if !w.Cancel(answered) || w.Cancel(answered) || !w.Cancel(late) {
		t.Error("a sequence cannot be given up, or twice")
	}
}

// TestHookRunsBeforeTheEngineWakes holds that a fault at the first request happens before
// the request makes progress.
func TestHookRunsBeforeTheEngineWakes(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	e.OnAccept(func(n int) {
		if n == 1 {
			e.Hang()
		}
	})
	submit(t, e, 10, 2)
	if len(clock.Waiting) != 0 || seen.tokens != 0 {
		t.Error("the engine worked before the hook was done")
	}
}

func TestDeadEngineFailsRequests(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 10, 2)
	clock.Next(t)
	e.Die()
	if news := await(t, s); !errors.Is(news.Err, ErrDead) || news.Reason != Error {
		t.Errorf("%+v", news)
	}
	if _, err := e.Submit(Request{PromptTokens: 1, OutputTokens: 1}); !errors.Is(err, ErrDead) || e.Healthy() {
		t.Errorf("dead, yet %v, healthy %v", err, e.Healthy())
	}
	if seen.total(Error) != 1 {
		t.Errorf("%v", seen.finished)
	}
}
