package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// manualClock moves only when told to.
type manualClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting chan *alarm
}

type alarm struct {
	at   time.Time
	ring chan time.Time
}

func newManualClock() *manualClock {
	return &manualClock{now: start, waiting: make(chan *alarm, 100)}
}

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) After(d time.Duration) (<-chan time.Time, func()) {
	a := &alarm{at: c.Now().Add(d), ring: make(chan time.Time, 1)}
	c.waiting <- a
	return a.ring, func() {}
}

// fire waits for somebody to wait, moves on to that moment and rings.
func (c *manualClock) fire(t *testing.T) {
	t.Helper()
	a := c.next(t)
	c.mu.Lock()
	c.now = a.at
	c.mu.Unlock()
	a.ring <- a.at
}

func (c *manualClock) next(t *testing.T) *alarm {
	t.Helper()
	select {
	case a := <-c.waiting:
		return a
	case <-time.After(10 * time.Second):
		t.Fatal("nobody waits for the clock")
		return nil
	}
}

type counts struct {
	mu       sync.Mutex
	tokens   int
	finished map[string]int
}

func (c *counts) Stepped(Step) {}

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

func (c *counts) of(reason string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finished[reason]
}

func startEngine(t *testing.T, config Config) (*Engine, *manualClock, *counts) {
	t.Helper()
	clock, seen := newManualClock(), &counts{}
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
	clock.fire(t)
	if news := await(t, s); news.Tokens != 1 || news.Reason != "" {
		t.Errorf("first: %+v", news)
	}
	clock.fire(t)
	if news := await(t, s); news.Tokens != 1 || news.Reason != Length {
		t.Errorf("second: %+v", news)
	}
	if seen.of(Length) != 1 {
		t.Errorf("finished: %v", seen.finished)
	}
}

func TestCancelCountsAnAbort(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 160, 100)
	clock.fire(t)
	await(t, s)
	s.Cancel()
	if load := e.Load(); load.UsedBlocks != 0 || load.Running != 0 {
		t.Errorf("%+v", load)
	}
	if news := await(t, s); news.Reason != Abort || seen.of(Abort) != 1 {
		t.Errorf("%+v, %v", news, seen.finished)
	}
	s.Cancel() // again: nothing
	if seen.of(Abort) != 1 {
		t.Error("counted twice")
	}
}

func TestDrainLetsWorkFinishAndRefusesNewWork(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 10, 2)
	first := clock.next(t)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		e.Drain(time.Hour)
	}()
	timeout := clock.next(t) // draining now waits for its timeout
	if _, err := e.Submit(Request{PromptTokens: 1, OutputTokens: 1}); !errors.Is(err, ErrShuttingDown) {
		t.Errorf("new work while draining: %v", err)
	}
	if !e.Healthy() {
		t.Error("not healthy while draining")
	}
	first.ring <- first.at
	await(t, s)
	clock.fire(t)
	if news := await(t, s); news.Reason != Length {
		t.Errorf("%+v", news)
	}
	<-drained
	if seen.of(Abort) != 0 || len(timeout.ring) != 0 {
		t.Errorf("aborted %d", seen.of(Abort))
	}
}

func TestDrainAbortsWhatIsLeftAfterTheTimeout(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 10, 1000)
	clock.next(t) // the step that will never end
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		e.Drain(time.Second)
	}()
	clock.fire(t)
	<-drained
	if news := await(t, s); news.Reason != Abort || news.Err != nil || seen.of(Abort) != 1 {
		t.Errorf("%+v, %v", news, seen.finished)
	}
	idle := New(roomy(), newManualClock(), &counts{})
	idle.Drain(0) // returns at once
}

func TestAHungEngineIsHealthyAndSilent(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	e.Hang()
	submit(t, e, 10, 2)
	if !e.Healthy() || len(clock.waiting) != 0 || seen.tokens != 0 {
		t.Error("a hung engine works or says that it does not")
	}
	if load := e.Load(); load.Waiting != 1 {
		t.Errorf("%+v", load)
	}
}

func TestADeadEngineFailsEverything(t *testing.T) {
	e, clock, seen := startEngine(t, roomy())
	s := submit(t, e, 10, 2)
	clock.next(t)
	e.Die()
	if news := await(t, s); !errors.Is(news.Err, ErrDead) || news.Reason != Error {
		t.Errorf("%+v", news)
	}
	if _, err := e.Submit(Request{PromptTokens: 1, OutputTokens: 1}); !errors.Is(err, ErrDead) || e.Healthy() {
		t.Errorf("dead, yet %v, healthy %v", err, e.Healthy())
	}
	if seen.of(Error) != 1 {
		t.Errorf("%v", seen.finished)
	}
}
