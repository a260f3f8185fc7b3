package engine

import "time"

// Clock tells the time and waits, so that tests and simulations can do both
// without waiting.
type Clock interface {
	Now() time.Time
	// After returns a channel that gets a value once d has passed, and a
	// function that gives up waiting.
	After(d time.Duration) (<-chan time.Time, func())
}

// RealClock is the wall clock.
type RealClock struct{}

// Now returns the present time.
func (RealClock) Now() time.Time { return time.Now() }

// After waits for d.
func (RealClock) After(d time.Duration) (<-chan time.Time, func()) {
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}
