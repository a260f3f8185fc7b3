package engine

import "time"

// longestDebt is the longest delay of a wake-up that an engine makes up for. After a longer
// one, the process was stopped, and continues from there.
const longestDebt = 50 * time.Millisecond

// next executes the steps that are due. It returns the time until the next step that a stream
// must hear of; false if the engine is idle. rang reports whether the alarm of the previous
// time rang.
func (e *Engine) next(rang bool) (wait time.Duration, busy bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.wake: // signals are sent under the lock, so this one is about the present state
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

// catchUp executes the steps that have ended by now, at the times of their ends. On a GPU the
// scheduler also runs while the previous step is computed. So an engine that sleeps through
// steps, or wakes up late, is not slower. Every reader or writer of the engine's state calls
// catchUp first.
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

// stepping reports whether a step is in flight.
func (e *Engine) stepping() bool { return len(e.step.Work) > 0 }

// plan begins the next step, if there is work.
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

// unheard returns the number of steps, from now on, whose end gives no stream news. It returns
// 0 if the next steps may have other sequences.
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

// steady reports whether a planned step only generates tokens, and no waiting sequence is
// admitted before a running one ends.
func (c *Core) steady(step Step) bool {
	return step.PrefillTokens == 0 && len(step.Work) == len(c.running) && len(c.arrived) == 0 &&
		(len(c.waiting) == 0 || step.Preempted == 0 && c.full())
}

// full reports whether there is no place, or no free block, for the first waiting sequence.
func (c *Core) full() bool {
	head := c.waiting[0]
	return len(c.running) >= c.config.MaxNumSeqs || !head.deferred && c.blocksFor(head.tokens()) > c.free
}

// roomFor returns a number of steps for which the free blocks certainly suffice.
func (c *Core) roomFor() int {
	if len(c.running) == 0 {
		return 0
	}
	return c.free / len(c.running) * c.config.BlockSize
}
