package engine

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Reasons why an engine refuses requests.
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

// Observer receives the engine's events. The engine holds its lock during the call.
type Observer interface {
	Stepped(step Step)
	// Woken is called with the delay of a wake-up; the machine is busy.
	Woken(late time.Duration)
	Produced(token Token)
	Finished(s *Sequence, reason string, now time.Time)
}

// Engine runs a Core in real time. While it is idle, or steps give no stream news, it sleeps
// without a ticker.
type Engine struct {
	clock    Clock
	observer Observer

	mu       sync.Mutex
	core     *Core
	step     Step      // in flight; without work: none
	due      time.Time // its end
	wakeAt   time.Time // next wake-up of Run
	streams  map[*Sequence]*Stream
	draining bool
	dead     bool
	hung     bool
	lastLoad Load // last load of a hung engine
	accepted int
	onAccept func(accepted int)
	idle     chan struct{} // closed at the end of the drain

	wake chan struct{}
}

// New returns an engine that works once Run is called.
func New(config Config, clock Clock, observer Observer) *Engine {
	return &Engine{
		clock: clock, observer: observer, core: NewCore(config),
		streams: map[*Sequence]*Stream{}, wake: make(chan struct{}, 1), idle: make(chan struct{}),
	}
}

// Run works until the context ends.
func (e *Engine) Run(ctx context.Context) {
	for rang := false; ; {
		wait, busy := e.next(rang)
		rang = false
		if !busy {
			select {
			case <-ctx.Done():
				return
			case <-e.wake:
				continue
			}
		}
		alarm, stop := e.clock.After(wait)
		select {
		case <-ctx.Done():
			stop()
			return
		case <-e.wake: // the state has changed
			stop()
		case <-alarm:
			rang = true
		}
	}
}

// end removes a sequence that left the core.
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

// Request is a prompt and a number of tokens to generate. Reason is the finish reason after
// them: Stop or Length.
type Request struct {
	PromptTokens int
	OutputTokens int
	Adapter      string // of LoRA; empty: the model itself
	Reason       string
	Caller       Caller
	// Batch is the number of tokens that are news; the first token and the end always
	// are. Default: 1.
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
	e.mu.Lock()
	defer e.mu.Unlock()
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
	now := e.clock.Now()
	e.catchUp(now)
	s := &Sequence{PromptTokens: r.PromptTokens, TargetTokens: r.OutputTokens, Adapter: r.Adapter, Caller: r.Caller}
	stream = &Stream{engine: e, sequence: s, reason: r.Reason, notify: r.Notify, batch: max(1, r.Batch)}
	e.streams[s] = stream
	e.core.Add(s, now)
	e.accepted++
	return stream, e.accepted, e.onAccept, nil
}

// OnAccept registers a function that is called with the number of sequences accepted so far,
// before a sleeping engine wakes up for the last of them.
func (e *Engine) OnAccept(f func(accepted int)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.onAccept = f
}

// signal wakes an engine that is idle, or that would sleep through the end of the step in
// flight.
func (e *Engine) signal() {
	if e.stepping() && !e.wakeAt.After(e.due) {
		return
	}
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Load returns the scheduler's numbers. As in vLLM, those of a hung engine do not change.
func (e *Engine) Load() Load {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hung {
		return e.lastLoad
	}
	e.catchUp(e.clock.Now())
	return e.core.Load()
}

// InFlight returns the number of submitted sequences that have not ended.
func (e *Engine) InFlight() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.streams)
}

// Healthy returns false once the engine is dead. A hung engine is healthy, as in vLLM.
func (e *Engine) Healthy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.dead
}

// Hang stops all progress silently: requests are still accepted.
func (e *Engine) Hang() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.catchUp(e.clock.Now())
	e.hung, e.lastLoad = true, e.core.Load()
}

// Die kills the engine: all sequences in flight fail.
func (e *Engine) Die() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.catchUp(e.clock.Now())
	e.dead = true
	e.endAll(Error, ErrDead)
}

// Drain refuses new requests and waits up to timeout for those in flight. Then it aborts the
// rest. A timeout of 0 aborts everything at once.
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
	e.catchUp(e.clock.Now())
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
