package client

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// longestEvent is the largest event that is read, in bytes.
const longestEvent = 4 << 20

var (
	field = []byte("data:")
	done  = []byte("[DONE]")
)

// stream reads one answer into an outcome.
type stream struct {
	outcome *load.Outcome
	start   time.Time
	exact   bool // the answer has all requested tokens
	events  int  // with tokens
	counted bool // the server stated the number of tokens
}

// read reads an answer to its last event, and reports whether there was one. The server states
// the number of tokens; if it does not, each event counts as one token.
func (s *stream) read(body io.Reader) bool {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 16<<10), longestEvent)
	for lines.Scan() {
		data, isEvent := bytes.CutPrefix(lines.Bytes(), field)
		if !isEvent {
			continue
		}
		data = bytes.TrimSpace(data)
		if bytes.Equal(data, done) {
			s.end()
			return true
		}
		if !s.event(data) {
			return false
		}
	}
	switch err := cmp.Or(lines.Err(), io.EOF); {
	case s.events == 0 && errors.Is(err, io.EOF):
		s.fail(WrongAnswer, "cut: EOF before the first event; want a stream of server-sent events")
	default:
		s.fail(kindOf(err, Cut), "cut: "+err.Error())
	}
	return false
}

func (s *stream) fail(kind, text string) { s.outcome.Kind, s.outcome.Failure = kind, text }

// chunk is an event of an answer.
type chunk struct {
	Choices []struct {
		Delta *delta `json:"delta"` // nil in completions
	} `json:"choices"`
	Usage *struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// delta is the new part of a chat message.
type delta struct {
	Role             string          `json:"role"`
	Content          string          `json:"content"`
	Reasoning        string          `json:"reasoning"`
	ReasoningContent string          `json:"reasoning_content"`
	ToolCalls        json.RawMessage `json:"tool_calls"`
}

// announces reports whether a delta has no token, but the role of the message that follows.
func (d *delta) announces() bool {
	return d != nil && d.Role != "" && d.Content == "" && d.Reasoning == "" && d.ReasoningContent == "" &&
		(len(d.ToolCalls) == 0 || string(d.ToolCalls) == "null" || string(d.ToolCalls) == "[]")
}

// event reads one event, and reports whether the answer continues.
func (s *stream) event(data []byte) bool {
	now := time.Since(s.start)
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		s.fail(WrongAnswer, "cut: an event is no JSON of the API: "+err.Error())
		return false
	}
	if len(c.Error) > 0 && string(c.Error) != "null" {
		s.fail(StreamError, "cut: error: "+messageOf(data))
		return false
	}
	if c.Usage != nil {
		s.counted = true
		s.outcome.Tokens, s.outcome.PromptTokens = c.Usage.CompletionTokens, c.Usage.PromptTokens
	}
	if len(c.Choices) == 0 || c.Choices[0].Delta.announces() {
		return true
	}
	s.events++
	s.outcome.Last = now
	if s.outcome.First == 0 {
		s.outcome.First = now
	}
	return true
}

// end checks the number of tokens of a finished answer.
func (s *stream) end() {
	o := s.outcome
	if !s.counted {
		o.Tokens = s.events
	}
	switch {
	case o.Tokens == 0:
		s.fail(Short, fmt.Sprintf("cut: 0 of %d tokens", o.Output))
	case !s.exact || !s.counted:
		o.Output = min(o.Output, o.Tokens)
	case o.Tokens < o.Output:
		s.fail(Short, fmt.Sprintf("cut: %d of %d tokens", o.Tokens, o.Output))
	}
}

// messageOf returns the message of an error: OpenAI's, else the text.
func messageOf(text []byte) string {
	var body struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	if json.Unmarshal(text, &body) != nil {
		return string(text)
	}
	var inner struct {
		Message string `json:"message"`
	}
	var plain string
	if json.Unmarshal(body.Error, &inner) != nil {
		_ = json.Unmarshal(body.Error, &plain) // neither an object nor a string: the text
	}
	return cmp.Or(inner.Message, plain, body.Message, string(text))
}
