package engine

import "time"

// Clock returns the time and waits. Tests and simulations replace it, so that they need not
// wait.
type Clock interface {
	Now() time.Time
	// After returns a channel that gets a value after d, and a function that cancels
	// the wait.
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
