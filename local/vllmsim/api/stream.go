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
