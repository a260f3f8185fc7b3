package engine

import "sync"

// Stream delivers the tokens of a client's sequence. Tokens that the client does not fetch in
// time add up, so that a slow client never delays the engine.
type Stream struct {
	engine   *Engine
	sequence *Sequence
	reason   string
	notify   chan struct{}
	batch    int

	mu     sync.Mutex
	tokens int
	begun  bool // the first token was produced
	news   bool // news that were not taken yet
	ended  string
	err    error
}

// News holds the events since the last call of Take.
type News struct {
	Tokens int
	// Reason is set once the sequence has ended.
	Reason string
	Err    error
}

// Take returns the news without waiting. It does not return tokens of an incomplete batch.
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

// tokensToNews returns the minimum number of further tokens until there is news.
func (s *Stream) tokensToNews() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.begun:
		return 1
	case s.news: // the client may take it at any time
		return s.batch
	}
	return s.batch - s.tokens
}

// add notifies the client, unless the tokens are part of an incomplete batch.
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

// Cancel aborts the sequence: its blocks are free when Cancel returns.
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
