package engine

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// heldClock shows a time that the test sets.
type heldClock struct{ now time.Time }

func (c *heldClock) Now() time.Time { return c.now }

func (c *heldClock) After(time.Duration) (<-chan time.Time, func()) { panic("nobody waits") }

// ends records the times at which sequences ended, by their lengths, and the number of steps.
type ends struct {
	counts
	steps int
	times map[[2]int]time.Duration
}

func (e *ends) Stepped(Step) { e.steps++ }

func (e *ends) Finished(s *Sequence, _ string, now time.Time) {
	e.times[[2]int{s.PromptTokens, s.TargetTokens}] = now.Sub(start)
}

// work lets an engine serve arrivals, and counts its wake-ups. Each wake-up is late by the
// given time.
func work(t *testing.T, config Config, batch int, late time.Duration, arrivals []Request, every time.Duration) (seen *ends, woken int) {
	t.Helper()
	clock := &heldClock{now: start}
	seen = &ends{times: map[[2]int]time.Duration{}}
	e := New(config, clock, seen)
	for i := 0; ; {
		wait, busy := e.next(false)
		if !busy && i == len(arrivals) {
			return seen, woken
		}
		next := clock.now.Add(wait + late)
		if i < len(arrivals) {
			if due := start.Add(time.Duration(i) * every); !busy || due.Before(next) {
				clock.now = due
				r := arrivals[i]
				r.Batch, r.Reason, r.Notify = batch, Length, make(chan struct{}, 1)
				stream, err := e.Submit(r)
				if err != nil {
					t.Fatal(err)
				}
				go func() { // a client
					for range r.Notify {
						if stream.Take().Reason != "" {
							return
						}
					}
				}()
				i++
				continue
			}
		}
		clock.now = next
		woken++
	}
}

// TestSleepingThroughStepsChangesNothing holds that an engine that sleeps through steps
// without news, or wakes up late, has the same results as one that wakes up for each
// step, also with a small cache.
func TestSleepingThroughStepsChangesNothing(t *testing.T) {
	var arrivals []Request
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		arrivals = append(arrivals, Request{PromptTokens: 100 + 10*i + random.IntN(10), OutputTokens: 1 + random.IntN(400)})
	}
	for _, c := range []struct {
		name          string
		blocks, seats int
	}{{"room", 10_000, 64}, {"few places", 10_000, 2}, {"a small cache", 120, 64}} {
		t.Run(c.name, func(t *testing.T) {
			config := Config{Blocks: c.blocks, BlockSize: 16, MaxNumSeqs: c.seats, MaxBatchedTokens: 512,
				Timing: Linear{Base: 20 * time.Millisecond, PerSequence: time.Millisecond, PrefillPerToken: 100 * time.Microsecond}}
			const every = 1500 * time.Millisecond
			want, awake := work(t, config, 1, 0, arrivals, every)
			if len(want.times) != len(arrivals) {
				t.Fatalf("%d of %d ended", len(want.times), len(arrivals))
			}
			got, asleep := work(t, config, 64, 0, arrivals, every)
			if !reflect.DeepEqual(got.times, want.times) || got.steps != want.steps {
				t.Errorf("asleep: %d steps, ends %v; awake: %d, %v", got.steps, got.times, want.steps, want.times)
			}
			if asleep > awake/2 {
				t.Errorf("woke %d times, with every step %d times", asleep, awake)
			}
			if got, _ := work(t, config, 64, longestDebt/2, arrivals, every); !reflect.DeepEqual(got.times, want.times) {
				t.Errorf("late: ends %v; in time: %v", got.times, want.times)
			}
		})
	}
}

// TestStoppedEngineContinues holds that an engine does not make up for a long stop, except
// for longestDebt.
func TestStoppedEngineContinues(t *testing.T) {
	config := roomy()
	config.Timing = Linear{Base: time.Second}
	clock, seen := &heldClock{now: start}, &ends{times: map[[2]int]time.Duration{}}
	e := New(config, clock, seen)
	submit(t, e, 10, 3)
	stopped := time.Minute
	for busy := true; busy; {
		var wait time.Duration
		wait, busy = e.next(false)
		clock.now = clock.now.Add(wait + stopped)
		stopped = 0
	}
	if got, want := seen.times[[2]int{10, 3}], time.Minute-longestDebt+3*time.Second; got != want {
		t.Errorf("ended after %s, want %s", got, want)
	}
}

// TestRequestWakesASleepingEngine holds that a request that arrives while the engine sleeps
// is in the next step.
func TestRequestWakesASleepingEngine(t *testing.T) {
	config := roomy()
	e, clock, _ := startEngine(t, config)
	long, err := e.Submit(Request{PromptTokens: 10, OutputTokens: 1000, Batch: 1000, Reason: Length, Notify: make(chan struct{}, 1)})
	if err != nil {
		t.Fatal(err)
	}
	clock.Fire(t)
	await(t, long)
	far := clock.Next(t)
	if want := clock.Now().Add(999 * config.Timing.Step(Step{Work: make([]Work, 1)})); !far.At.Equal(want) {
		t.Errorf("sleeps until %s, want %s", far.At, want)
	}
	short := submit(t, e, 10, 1)
	clock.Fire(t) // the step in flight
	clock.Fire(t) // the one with both
	if news := await(t, short); news.Reason != Length {
		t.Errorf("%+v", news)
	}
	if load := e.Load(); load.Running != 1 {
		t.Errorf("%+v", load)
	}
}
