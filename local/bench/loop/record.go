package loop

import (
	"slices"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// sample records the state of the service.
func (l *loop) sample() {
	if l.now < l.Lead {
		return
	}
	s := result.Sample{At: l.now - l.Lead, Wanted: l.wanted}
	for _, one := range l.servers {
		if one.gone {
			continue
		}
		s.Pods++
		if one.serves(l.now) {
			s.Ready++
		}
		load := one.core.Load()
		s.Running += load.Running
		s.Waiting += load.Waiting
		s.KV += load.KVUsage()
	}
	l.samples = append(l.samples, s)
}

// trial is what came of it, from the end of the lead on.
func (l *loop) trial() result.Trial {
	t := result.Trial{
		Policy: l.Policy.Name, Load: l.Load, Seed: int64(l.Seed), Length: l.Length, Min: l.Min, Max: l.Max, Samples: l.samples,
	}
	for _, r := range l.requests {
		if r.At < l.Lead {
			continue
		}
		r.At -= l.Lead
		if r.Tokens > 0 {
			r.First -= l.Lead
			r.Last -= l.Lead
		}
		t.Requests = append(t.Requests, r)
	}
	t.Preemptions = l.preemptions() - l.before
	for _, s := range l.servers {
		gone := l.Length
		if s.gone {
			gone = s.left - l.Lead
		}
		if gone <= 0 || s.created-l.Lead >= l.Length {
			continue
		}
		t.Pods = append(t.Pods, result.Pod{Created: s.created - l.Lead, Ready: max(0, s.ready-l.Lead), Gone: gone})
	}
	slices.SortStableFunc(t.Pods, func(a, b result.Pod) int { return int(a.Created - b.Created) })
	return t
}

// preemptions are those of all engines so far.
func (l *loop) preemptions() int {
	sum := 0
	for _, s := range l.servers {
		sum += s.core.Preemptions
	}
	return sum
}

// event is something that happens at a time; of several at once, the first
// that was planned.
type event struct {
	at    time.Duration
	order int
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }

func (e events) Less(i, j int) bool {
	if e[i].at != e[j].at {
		return e[i].at < e[j].at
	}
	return e[i].order < e[j].order
}

func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

func (e *events) Push(x any) { *e = append(*e, x.(event)) }

func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}
