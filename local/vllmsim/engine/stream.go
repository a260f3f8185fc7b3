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
	begun  bool // there was a token
	news   bool // that were not taken yet
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
	if !s.news {
		return News{}
	}
	news := News{Tokens: s.tokens, Reason: s.ended, Err: s.err}
	s.tokens, s.news = 0, false
	return news
}

// tokensToNews is how many more tokens are news, at the least.
func (s *Stream) tokensToNews() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.begun:
		return 1
	case s.news: // and may be taken at any time
		return s.batch
	}
	return s.batch - s.tokens
}

// add notifies whoever follows, unless it is of tokens that are held back.
func (s *Stream) add(tokens int, reason string, err error) {
	s.mu.Lock()
	s.tokens += tokens
	s.ended, s.err = reason, err
	isFirst := tokens > 0 && !s.begun
	s.begun = s.begun || isFirst
	s.news = s.news || isFirst || reason != "" || s.tokens >= s.batch
	news := s.news
	s.mu.Unlock()
	if !news {
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
	e.catchUp(e.clock.Now())
	if !e.core.Cancel(s.sequence) {
		return
	}
	e.end(s.sequence, Abort, e.clock.Now())
	s.add(0, Abort, nil)
	e.signal()
}
