package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/tokens"
)

type chatRequest struct {
	sampling
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	Messages            []message       `json:"messages"`
	Tools               []any           `json:"tools"`
	ToolChoice          any             `json:"tool_choice"`
	ResponseFormat      json.RawMessage `json:"response_format"`
}

type message struct {
	Role    string      `json:"role"`
	Content contentText `json:"content"`
}

// contentText is a message's text: a string, or the text parts of a list.
type contentText string

func (c *contentText) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*c = contentText(one)
		return nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		return errors.New("content must be a string or a list of parts")
	}
	var all []string
	for _, part := range parts {
		if part.Type != "text" {
			return errors.New("content of type " + part.Type + " is not simulated; only text is")
		}
		all = append(all, part.Text)
	}
	*c = contentText(strings.Join(all, "\n"))
	return nil
}

// template renders the messages like a chat template: a header for each message, and one that
// starts the response.
func template(messages []message) string {
	var out strings.Builder
	for _, m := range messages {
		out.WriteString("<|im_start|>" + m.Role + "\n" + string(m.Content) + "<|im_end|>\n")
	}
	out.WriteString("<|im_start|>assistant\n")
	return out.String()
}

// templateTokens returns the number of tokens of the messages. A template's markers are single
// tokens in a real vocabulary.
func templateTokens(messages []message) int {
	total := 3
	for _, m := range messages {
		total += 4 + tokens.Count(string(m.Content))
	}
	return total
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	var req chatRequest
	if err := decode(w, r, &req); err != nil {
		writeError(w, err)
		return
	}
	j, err := s.chatJob(&req)
	if err != nil {
		writeError(w, err)
		return
	}
	head := s.head(r, "chatcmpl-", j.adapter)
	j.caller = caller(r, head)
	if req.Stream {
		s.streamChat(w, r, &req, j, head)
		return
	}
	s.wholeChat(w, r, j, head)
}

func (s *Server) chatJob(req *chatRequest) (*job, error) {
	if req.MaxCompletionTokens != nil {
		req.MaxTokens = req.MaxCompletionTokens
	}
	if len(req.Messages) == 0 {
		return nil, malformed("messages", "List should have at least 1 item")
	}
	for _, m := range req.Messages {
		if m.Role == "" {
			return nil, malformed("messages.role", "Field required")
		}
	}
	if err := s.check(&req.sampling); err != nil {
		return nil, err
	}
	if automatic := req.ToolChoice == nil || req.ToolChoice == "auto"; len(req.Tools) > 0 && automatic && !s.config.AutoToolChoice {
		return nil, badRequest("", `"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set`)
	}
	prompt, length := template(req.Messages), templateTokens(req.Messages)
	limit, err := s.room(length, req.MaxTokens, 0)
	if err != nil {
		return nil, err
	}
	j := &job{adapter: s.adapter(req.Model), uniquePrompt: length, maxTokens: limit, n: req.choices()}
	for choice := range j.n {
		j.plans = append(j.plans, newPlan(prompt, &req.sampling, choice, limit))
		j.promptTokens = append(j.promptTokens, length)
	}
	return j, nil
}

type chatMessage struct {
	Role         string  `json:"role"`
	Content      string  `json:"content"`
	Refusal      *string `json:"refusal"`
	Annotations  *string `json:"annotations"`
	Audio        *string `json:"audio"`
	FunctionCall *string `json:"function_call"`
	ToolCalls    []any   `json:"tool_calls"`
	Reasoning    *string `json:"reasoning"`
}

type chatChoice struct {
	Index        int         `json:"index"`
	Message      chatMessage `json:"message"`
	Logprobs     *string     `json:"logprobs"`
	FinishReason string      `json:"finish_reason"`
	StopReason   *string     `json:"stop_reason"`
	TokenIDs     *string     `json:"token_ids"`
}

func (s *Server) wholeChat(w http.ResponseWriter, r *http.Request, j *job, head answerHead) {
	results, err := s.collect(r, j)
	if err != nil {
		writeError(w, err)
		return
	}
	choices := make([]chatChoice, len(j.plans))
	for i, result := range results {
		choices[i] = chatChoice{
			Index:        i,
			Message:      chatMessage{Role: s.config.ResponseRole, Content: result.text, ToolCalls: []any{}},
			FinishReason: result.reason, StopReason: result.stop,
		}
	}
	writeJSON(w, http.StatusOK, struct {
		answerHead
		Choices           []chatChoice `json:"choices"`
		ServiceTier       *string      `json:"service_tier"`
		SystemFingerprint string       `json:"system_fingerprint"`
		Usage             usage        `json:"usage"`
		PromptLogprobs    *string      `json:"prompt_logprobs"`
		PromptTokenIDs    *string      `json:"prompt_token_ids"`
		KVTransferParams  *string      `json:"kv_transfer_params"`
	}{
		answerHead: head.as("chat.completion"), Choices: choices,
		SystemFingerprint: s.config.Fingerprint, Usage: newUsage(j.uniquePrompt, produced(results)),
	})
}

type delta struct {
	Role    string  `json:"role,omitempty"`
	Content *string `json:"content,omitempty"`
}

type chatChunkChoice struct {
	Index        int     `json:"index"`
	Delta        delta   `json:"delta"`
	Logprobs     *string `json:"logprobs"`
	FinishReason *string `json:"finish_reason"`
	StopReason   *string `json:"stop_reason,omitempty"`
	TokenIDs     *string `json:"token_ids"`
}

type chatChunk struct {
	answerHead
	Choices           []chatChunkChoice `json:"choices"`
	SystemFingerprint string            `json:"system_fingerprint,omitempty"`
	Usage             *usage            `json:"usage,omitempty"`
}

func (s *Server) streamChat(w http.ResponseWriter, r *http.Request, req *chatRequest, j *job, head answerHead) {
	streams, notify, err := s.submit(j, s.config.StreamInterval)
	if err != nil {
		writeError(w, err)
		return
	}
	out := newSSE(w)
	final, continuous := req.wantsUsage(s.config.ForceUsage)
	generated := 0 // tokens of all choices
	chunk := func(choice chatChunkChoice) error {
		c := chatChunk{answerHead: head.as("chat.completion.chunk"), Choices: []chatChunkChoice{choice}, SystemFingerprint: s.config.Fingerprint}
		if continuous {
			u := newUsage(j.uniquePrompt, generated)
			c.Usage = &u
		}
		return out.send(c)
	}
	opened := false
	err = follow(r.Context(), streams, notify, func(p progress) error {
		if p.err != nil {
			return p.err
		}
		generated += p.end - p.start
		if !opened { // the roles precede the first token of any choice
			opened = true
			empty := ""
			for i := range j.plans {
				if err := chunk(chatChunkChoice{Index: i, Delta: delta{Role: s.config.ResponseRole, Content: &empty}}); err != nil {
					return err
				}
			}
		}
		text := j.plans[p.choice].text(p.start, p.end)
		choice := chatChunkChoice{Index: p.choice, Delta: delta{Content: &text}}
		if p.reason != "" {
			choice.FinishReason, choice.StopReason = &p.reason, j.plans[p.choice].stopString
		}
		return chunk(choice)
	})
	finish(out, err, func() error {
		if !final {
			return nil
		}
		u := newUsage(j.uniquePrompt, generated)
		return out.send(chatChunk{answerHead: head.as("chat.completion.chunk"), Choices: []chatChunkChoice{}, SystemFingerprint: s.config.Fingerprint, Usage: &u})
	})
}

// now returns the response's time stamp.
func now() int64 { return time.Now().Unix() }
