package engine

import (
	"slices"
	"time"
)

// admit takes waiting sequences into a step, first come first served, until tokens, places or
// blocks are used up. It skips a sequence whose adapter would exceed the batch's limit; the
// sequence keeps its place in the queue.
func (c *Core) admit(step *Step, budget int, now time.Time) {
	batch := map[string]bool{} // the step's adapters
	for _, w := range step.Work {
		if w.Sequence.Adapter != "" {
			batch[w.Sequence.Adapter] = true
		}
	}
	for i := 0; budget > 0 && i < len(c.waiting) && len(c.running) < c.config.MaxNumSeqs; {
		s := c.waiting[i]
		s.deferred = s.Adapter != "" && !batch[s.Adapter] && len(batch) >= c.config.MaxLoRAs
		if s.deferred {
			i++
			continue
		}
		if c.blocksFor(s.tokens()) > c.free { // the whole prompt must fit, not only its first chunk
			return
		}
		if s.Adapter != "" {
			batch[s.Adapter] = true
		}
		tokens := c.share(s, budget)
		c.waiting = slices.Delete(c.waiting, i, i+1)
		c.running = append(c.running, s)
		s.running = true
		if s.Scheduled.IsZero() {
			s.Scheduled = now
		}
		c.grow(s, tokens)
		c.schedule(step, s, tokens)
		budget -= tokens
	}
}

// adapters are the LoRA adapters with requests, in the order of their first request.
type adapters struct {
	names    []string
	requests map[string]int
}

func (a *adapters) add(name string) {
	if name == "" {
		return
	}
	if a.requests == nil {
		a.requests = map[string]int{}
	}
	if a.requests[name] == 0 {
		a.names = append(a.names, name)
	}
	a.requests[name]++
}

func (a *adapters) remove(name string) {
	if name == "" {
		return
	}
	if a.requests[name]--; a.requests[name] == 0 {
		a.names = slices.DeleteFunc(a.names, func(adapter string) bool { return adapter == name })
	}
}
