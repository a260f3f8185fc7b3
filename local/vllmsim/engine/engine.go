package engine

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Why an engine takes no (more) requests.
var (
	ErrDead         = errors.New("the engine is dead")
	ErrShuttingDown = errors.New("the server is shutting down")
)

// Reasons for the end of a sequence, as vLLM names them.
const (
	Stop   = "stop"
	Length = "length"
	Abort  = "abort"
	Error  = "error"
)

// Observer is told what happens in the engine, under the engine's lock.
type Observer interface {
	Stepped(step Step)
	Produced(token Token)
	Finished(s *Sequence, reason string, now time.Time)
}

// Engine drives a Core in time. While it is idle it sleeps: no ticker runs.
type Engine struct {
	clock    Clock
	observer Observer

	mu       sync.Mutex
	core     *Core
	streams  map[*Sequence]*Stream
	draining bool
	dead     bool
	hung     bool
	accepted int
	onAccept func(accepted int)
	idle     chan struct{} // closed when draining is over

	wake chan struct{}
}

// New returns an engine that works once Run is called.
func New(config Config, clock Clock, observer Observer) *Engine {
	return &Engine{
		clock: clock, observer: observer, core: NewCore(config),
		streams: map[*Sequence]*Stream{}, wake: make(chan struct{}, 1), idle: make(chan struct{}),
	}
}

// longestDebt is by how much an engine may be behind and make up for it.
const longestDebt = 50 * time.Millisecond

// Run steps until the context ends. Work between two steps (and a timer that
// rings late) is taken off the next steps, as on a GPU, where the scheduler
// runs while the step before is being computed. An engine that is behind by more
// than longestDebt was stopped, and goes on from there.
func (e *Engine) Run(ctx context.Context) {
	var due time.Time // the end of the step before; zero after a rest
	for {
		step, ok := e.plan()
		if !ok {
			due = time.Time{}
			select {
			case <-ctx.Done():
				return
			case <-e.wake:
				continue
			}
		}
		now := e.clock.Now()
		wait := step.Duration
		if !due.IsZero() {
			wait -= min(now.Sub(due), longestDebt)
		}
		due = now.Add(wait)
		done, stop := e.clock.After(max(0, wait))
		select {
		case <-ctx.Done():
			stop()
			return
		case <-done:
			step.Late = max(0, e.clock.Now().Sub(due))
			e.apply(step)
		}
	}
}

func (e *Engine) plan() (Step, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hung || e.dead {
		return Step{}, false
	}
	step := e.core.Plan(e.clock.Now())
	return step, len(step.Work) > 0
}

func (e *Engine) apply(step Step) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hung || e.dead {
		return
	}
	now := e.clock.Now()
	tokens := e.core.Apply(step, now)
	step.Adapters = e.core.Adapters()
	e.observer.Stepped(step)
	for _, token := range tokens {
		e.observer.Produced(token)
		stream := e.streams[token.Sequence]
		if stream == nil {
			continue
		}
		if token.Finished {
			e.end(token.Sequence, stream.reason, now)
			stream.add(1, stream.reason, nil)
		} else {
			stream.add(1, "", nil)
		}
	}
}

// end forgets a sequence that left the core.
func (e *Engine) end(s *Sequence, reason string, now time.Time) {
	delete(e.streams, s)
	e.observer.Finished(s, reason, now)
	if e.draining && len(e.streams) == 0 {
		e.closeIdle()
	}
}

func (e *Engine) closeIdle() {
	select {
	case <-e.idle:
	default:
		close(e.idle)
	}
}

// Request asks for a number of tokens. Reason says why the sequence ends after
// them: Stop or Length.
type Request struct {
	PromptTokens int
	OutputTokens int
	Adapter      string // of LoRA; empty: the model itself
	Reason       string
	// Batch is how many tokens are news; the first and the end always are. Default: 1.
	Batch int
	// Notify gets a value, without blocking, whenever the stream has news.
	// Several streams may share it.
	Notify chan struct{}
}

// Submit queues a request.
func (e *Engine) Submit(r Request) (*Stream, error) {
	stream, accepted, hook, err := e.accept(r)
	if err != nil {
		return nil, err
	}
	if hook != nil {
		hook(accepted)
	}
	e.signal()
	return stream, nil
}

func (e *Engine) accept(r Request) (stream *Stream, accepted int, hook func(int), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dead {
		return nil, 0, nil, ErrDead
	}
	if e.draining {
		return nil, 0, nil, ErrShuttingDown
	}
	s := &Sequence{PromptTokens: r.PromptTokens, TargetTokens: r.OutputTokens, Adapter: r.Adapter}
	stream = &Stream{engine: e, sequence: s, reason: r.Reason, notify: r.Notify, batch: max(1, r.Batch)}
	e.streams[s] = stream
	e.core.Add(s, e.clock.Now())
	e.accepted++
	return stream, e.accepted, e.onAccept, nil
}

// OnAccept registers a function that is called with the number of sequences
// accepted so far, before an engine at rest is woken for the latest of them.
func (e *Engine) OnAccept(f func(accepted int)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.onAccept = f
}

func (e *Engine) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Load returns what the engine's scheduler has. That of a hung engine, as in
// vLLM, changes no more, whatever it is sent.
func (e *Engine) Load() Load {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.core.Load()
}

// InFlight is the number of sequences that were submitted and have not ended.
func (e *Engine) InFlight() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.streams)
}

// Healthy is false once the engine is dead. A hung engine is healthy, as in vLLM.
func (e *Engine) Healthy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.dead
}

// Hang stops all progress without a word: requests are still taken.
func (e *Engine) Hang() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hung = true
}

// Die kills the engine: everything in flight fails.
func (e *Engine) Die() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dead = true
	e.endAll(Error, ErrDead)
}

// Drain refuses new requests and waits up to timeout for those in flight; what
// is left then is aborted. With a timeout of 0 everything is aborted at once.
func (e *Engine) Drain(timeout time.Duration) {
	e.mu.Lock()
	e.draining = true
	if len(e.streams) == 0 {
		e.closeIdle()
	}
	e.mu.Unlock()
	if timeout > 0 {
		done, stop := e.clock.After(timeout)
		select {
		case <-e.idle:
		case <-done:
		}
		stop()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.endAll(Abort, nil)
}

func (e *Engine) endAll(reason string, err error) {
	now := e.clock.Now()
	for _, s := range e.core.All() {
		stream := e.streams[s]
		e.core.Cancel(s)
		e.end(s, reason, now)
		if stream != nil {
			stream.add(0, reason, err)
		}
	}
}
