package engine

import "sync"

// Stream is what a client holds of its sequence. Tokens that it does not
// fetch in time add up, so that a slow client never holds the engine back.
type Stream struct {
	engine   *Engine
	sequence *Sequence
	reason   string
	notify   chan struct{}
	batch    int

	mu     sync.Mutex
	tokens int
	begun  bool // the first token was taken
	ended  string
	err    error
}

// News is what happened since the last call of Take.
type News struct {
	Tokens int
	// Reason is set once the sequence has ended.
	Reason string
	Err    error
}

// Take returns the news, without waiting. Tokens that are held back are none.
func (s *Stream) Take() News {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.due() {
		return News{}
	}
	news := News{Tokens: s.tokens, Reason: s.ended, Err: s.err}
	s.tokens, s.begun = 0, true
	return news
}

// due tells whether there are news.
func (s *Stream) due() bool {
	return s.ended != "" || s.tokens >= s.batch || s.tokens > 0 && !s.begun
}

func (s *Stream) add(tokens int, reason string, err error) {
	s.mu.Lock()
	s.tokens += tokens
	s.ended, s.err = reason, err
	due := s.due()
	s.mu.Unlock()
	if !due {
		return
	}
	select {
	case s.notify <- struct{}{}:
	default:
	}
}

// Cancel gives the sequence up: its blocks are free when Cancel returns.
func (s *Stream) Cancel() {
	e := s.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.core.Cancel(s.sequence) {
		return
	}
	e.end(s.sequence, Abort, e.clock.Now())
	s.add(0, Abort, nil)
	e.signal()
}
