package api

import (
	"context"
	"net/http"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// job is the engine's part of a request: all choices of all prompts.
type job struct {
	adapter      string // empty: the model
	plans        []plan
	promptTokens []int // per choice
	uniquePrompt int   // tokens of all prompts, each prompt counted once
	maxTokens    int
	n            int
	caller       engine.Caller
}

// progress holds the new tokens of one choice.
type progress struct {
	choice     int
	start, end int    // tokens
	reason     string // set at the end
	err        error
}

// overloaded returns vLLM's error when --max-num-queued-reqs is reached.
func (s *Server) overloaded(sequences int) error {
	if s.config.MaxQueued == 0 || s.config.Engine.InFlight()+sequences <= s.config.MaxQueued {
		return nil
	}
	return &apiError{
		Message: "The request queue is full; try again later or on another instance.",
		Type:    "ServiceUnavailableError", Code: http.StatusServiceUnavailable,
	}
}

// submit queues every choice, or none. The streams report tokens in batches.
func (s *Server) submit(j *job, batch int) ([]*engine.Stream, chan struct{}, error) {
	if err := s.overloaded(len(j.plans)); err != nil {
		return nil, nil, err
	}
	notify := make(chan struct{}, 1)
	var streams []*engine.Stream
	for i, p := range j.plans {
		stream, err := s.config.Engine.Submit(engine.Request{
			PromptTokens: j.promptTokens[i], OutputTokens: p.tokens(), Adapter: j.adapter, Reason: p.reason, Caller: j.caller, Batch: batch, Notify: notify,
		})
		if err != nil {
			cancelAll(streams)
			return nil, nil, err
		}
		streams = append(streams, stream)
	}
	s.config.Metrics.Requested(j.n, j.maxTokens)
	return streams, notify, nil
}

func cancelAll(streams []*engine.Stream) {
	for _, stream := range streams {
		stream.Cancel()
	}
}

// follow reports progress until every choice has ended, the client has left, or report asks to
// stop. It cancels the remaining choices, which frees their blocks at once.
func follow(ctx context.Context, streams []*engine.Stream, notify <-chan struct{}, report func(progress) error) error {
	defer cancelAll(streams)
	done := make([]int, len(streams))
	ended := make([]bool, len(streams))
	for open := len(streams); open > 0; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-notify:
		}
		for i, stream := range streams {
			if ended[i] {
				continue
			}
			news := stream.Take()
			if news.Tokens == 0 && news.Reason == "" {
				continue
			}
			step := progress{choice: i, start: done[i], end: done[i] + news.Tokens, reason: news.Reason, err: news.Err}
			done[i] = step.end
			if news.Reason != "" {
				ended[i] = true
				open--
			}
			if err := report(step); err != nil {
				return err
			}
		}
	}
	return nil
}
