// Package clocktest has a clock for tests that only the test moves.
package clocktest

import (
	"sync"
	"testing"
	"time"
)

// Clock stands still until Fire moves it to the next alarm.
type Clock struct {
	// Waiting holds the alarms that have not rung.
	Waiting chan *Alarm

	mu  sync.Mutex
	now time.Time
}

// Alarm is one call of After.
type Alarm struct {
	At   time.Time
	Ring chan time.Time
}

// patience bounds the wait for an alarm.
const patience = 20 * time.Second

// New returns a clock that shows the given time.
func New(now time.Time) *Clock {
	return &Clock{now: now, Waiting: make(chan *Alarm, 100)}
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After asks for an alarm.
func (c *Clock) After(d time.Duration) (<-chan time.Time, func()) {
	a := &Alarm{At: c.Now().Add(d), Ring: make(chan time.Time, 1)}
	c.Waiting <- a
	return a.Ring, func() {}
}

// Next waits for the next alarm and returns it.
func (c *Clock) Next(t testing.TB) *Alarm {
	t.Helper()
	select {
	case a := <-c.Waiting:
		return a
	case <-time.After(patience):
		t.Fatal("nobody waits for the clock")
		return nil
	}
}

// Fire waits for the next alarm, moves the clock to its time and rings it.
func (c *Clock) Fire(t testing.TB) {
	t.Helper()
	c.Ring(c.Next(t))
}

// Ring moves the clock to the time of an alarm and rings it.
func (c *Clock) Ring(a *Alarm) {
	c.mu.Lock()
	c.now = a.At
	c.mu.Unlock()
	a.Ring <- a.At
}
