package api

import (
	"encoding/json"
	"net/http"
)

// sse writes server-sent events.
type sse struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newSSE(w http.ResponseWriter) *sse {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	return &sse{w: w, control: http.NewResponseController(w)}
}

func (s *sse) send(event any) error {
	text, err := json.Marshal(event)
	if err != nil {
		return err
	}
	return s.raw(string(text))
}

func (s *sse) raw(text string) error {
	if _, err := s.w.Write([]byte("data: " + text + "\n\n")); err != nil {
		return err
	}
	return s.control.Flush()
}

func (s *sse) done() error { return s.raw("[DONE]") }

// batcher holds a choice's tokens back until there are enough for a chunk
// (--stream-interval). The first token and the end are never held back.
type batcher struct {
	interval int
	sent     []int
	seen     []int
}

func newBatcher(interval, choices int) *batcher {
	return &batcher{interval: max(1, interval), sent: make([]int, choices), seen: make([]int, choices)}
}

// add returns the tokens to send now.
func (b *batcher) add(p progress) (from, to int, send bool) {
	from, first := b.sent[p.choice], b.sent[p.choice] == 0
	b.seen[p.choice] = p.to
	if p.reason == "" && !first && p.to-from < b.interval {
		return 0, 0, false
	}
	b.sent[p.choice] = p.to
	return from, p.to, true
}

// produced is the number of tokens that all choices have produced so far.
func (b *batcher) produced() int {
	total := 0
	for _, n := range b.seen {
		total += n
	}
	return total
}
