package api

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"math"
	"net/http"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// answerHead holds the first fields of every response and chunk.
type answerHead struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	Model   string `json:"model"`
}

func (h answerHead) as(object string) answerHead {
	h.Object = object
	return h
}

// head returns a response's first fields, with the client's request id if it sent one. The
// model is the adapter's name, or the model's.
func (s *Server) head(r *http.Request, prefix, adapter string) answerHead {
	id := r.Header.Get("X-Request-Id")
	if id == "" {
		id = randomID()
	}
	return answerHead{ID: prefix + id, Created: now(), Model: cmp.Or(adapter, s.config.Names[0])}
}

// caller returns what identifies a request.
func caller(r *http.Request, head answerHead) engine.Caller {
	return engine.Caller{RequestID: head.ID, Traceparent: r.Header.Get("Traceparent")}
}

func randomID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

type usage struct {
	PromptTokens        int     `json:"prompt_tokens"`
	TotalTokens         int     `json:"total_tokens"`
	CompletionTokens    int     `json:"completion_tokens"`
	PromptTokensDetails *string `json:"prompt_tokens_details"`
}

func newUsage(prompt, completion int) usage {
	return usage{PromptTokens: prompt, CompletionTokens: completion, TotalTokens: prompt + completion}
}

// result is a finished choice.
type result struct {
	text   string
	reason string
	stop   *string
	tokens int
}

func produced(results []result) int {
	total := 0
	for _, r := range results {
		total += r.tokens
	}
	return total
}

// collect waits for all choices of a response that is not streamed.
func (s *Server) collect(r *http.Request, j *job) ([]result, error) {
	streams, notify, err := s.submit(j, math.MaxInt)
	if err != nil {
		return nil, err
	}
	results := make([]result, len(j.plans))
	err = follow(r.Context(), streams, notify, func(p progress) error {
		if p.err != nil {
			return p.err
		}
		if p.reason != "" {
			plan := &j.plans[p.choice]
			results[p.choice] = result{text: plan.text(0, p.end), reason: p.reason, tokens: p.end}
			if p.end == plan.tokens() {
				results[p.choice].stop = plan.stopString
			}
		}
		return nil
	})
	return results, err
}

// finish ends a stream with the usage, or with the error that ended it.
func finish(out *sse, err error, closing func() error) {
	if err != nil {
		// If the client has left, nobody reads these.
		_ = out.send(errorBody{Error: asError(err)})
		_ = out.done()
		return
	}
	if closing() == nil {
		_ = out.done()
	}
}
