package engine

import "time"

// longestDebt is by how much an engine may wake late and make up for it. One that
// is later was stopped, and goes on from there.
const longestDebt = 50 * time.Millisecond

// next does what is due, and tells how long nobody has to hear of more; false
// for a rest. An alarm rang at the end of the last such time, or did not.
func (e *Engine) next(rang bool) (wait time.Duration, busy bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.wake: // signals are sent under the lock: this one is for what is seen now
	default:
	}
	now := e.clock.Now()
	if rang {
		e.observer.Woken(max(0, now.Sub(e.wakeAt)))
	}
	e.catchUp(now)
	if e.hung || e.dead {
		return 0, false
	}
	if !e.stepping() {
		e.plan(now)
	}
	if !e.stepping() {
		return 0, false
	}
	e.wakeAt = e.due.Add(time.Duration(e.unheard()) * e.step.Duration)
	return max(0, e.wakeAt.Sub(now)), true
}

// catchUp takes the steps that have ended by now, at the times of their ends: as
// on a GPU, where the scheduler runs while the step before is being computed. So
// an engine that sleeps through steps, or wakes late, does not become slower.
// Whoever looks at the engine or changes what it has calls it first.
func (e *Engine) catchUp(now time.Time) {
	if e.hung || e.dead || !e.stepping() {
		return
	}
	if stopped := now.Sub(e.wakeAt) - longestDebt; stopped > 0 {
		e.due, e.wakeAt = e.due.Add(stopped), e.wakeAt.Add(stopped)
	}
	for e.stepping() && !e.due.After(now) {
		ended := e.due
		e.apply(ended)
		e.plan(ended)
	}
}

// stepping tells whether a step is in flight.
func (e *Engine) stepping() bool { return len(e.step.Work) > 0 }

// plan begins the next step, if there is something to do.
func (e *Engine) plan(now time.Time) {
	e.step = e.core.Plan(now)
	e.due = now.Add(e.step.Duration)
}

// apply ends the step in flight.
func (e *Engine) apply(ended time.Time) {
	tokens := e.core.Apply(e.step, ended)
	e.step.Adapters = e.core.Adapters()
	e.observer.Stepped(e.step)
	for _, token := range tokens {
		e.observer.Produced(token)
		stream := e.streams[token.Sequence]
		if stream == nil {
			continue
		}
		if token.Finished {
			e.end(token.Sequence, stream.reason, ended)
			stream.add(1, stream.reason, nil)
		} else {
			stream.add(1, "", nil)
		}
	}
}

// unheard is how many of the steps that end from now on give no stream news. It
// is 0 where the next steps are not simply those of the same sequences.
func (e *Engine) unheard() int {
	if !e.core.steady(e.step) {
		return 0
	}
	steps := e.core.roomFor()
	for _, s := range e.core.running {
		steps = min(steps, s.TargetTokens-s.output, e.streams[s].tokensToNews())
	}
	return max(0, steps-1)
}

// steady tells whether a step that was planned only goes on with answers, and
// nothing that waits is admitted before one of them has ended.
func (c *Core) steady(step Step) bool {
	return step.PrefillTokens == 0 && len(step.Work) == len(c.running) && len(c.arrived) == 0 &&
		(len(c.waiting) == 0 || step.Preempted == 0 && c.full())
}

// full tells whether the first that waits finds no place, or no room.
func (c *Core) full() bool {
	head := c.waiting[0]
	return len(c.running) >= c.config.MaxNumSeqs || !head.deferred && c.blocksFor(head.tokens()) > c.free
}

// roomFor is a number of steps for which the free blocks surely last.
func (c *Core) roomFor() int {
	if len(c.running) == 0 {
		return 0
	}
	return c.free / len(c.running) * c.config.BlockSize
}
