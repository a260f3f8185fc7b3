package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/tokens"
)

type completionRequest struct {
	sampling
	Prompt prompts `json:"prompt"`
	Echo   bool    `json:"echo"`
}

// prompts are the forms of a completion's prompt: a string, strings, token ids, or lists of
// token ids.
type prompts []prompt

type prompt struct {
	text   string
	tokens int
}

func (p *prompts) UnmarshalJSON(text []byte) error {
	var one string
	var many []string
	var ids []int64
	var lists [][]int64
	switch {
	case string(text) == "null":
		return nil
	case json.Unmarshal(text, &one) == nil:
		*p = prompts{{one, tokens.Count(one)}}
	case json.Unmarshal(text, &many) == nil:
		for _, t := range many {
			*p = append(*p, prompt{t, tokens.Count(t)})
		}
	case json.Unmarshal(text, &ids) == nil:
		*p = prompts{fromIDs(ids)}
	case json.Unmarshal(text, &lists) == nil:
		for _, ids := range lists {
			*p = append(*p, fromIDs(ids))
		}
	default:
		return errors.New("prompt must be a text, a list of texts or lists of token ids")
	}
	return nil
}

func fromIDs(ids []int64) prompt {
	var text strings.Builder
	for _, id := range ids {
		text.WriteString(tokens.Piece(id))
	}
	return prompt{text.String(), len(ids)}
}

// completionTokens is the default of max_tokens.
const completionTokens = 16

func (s *Server) completions(w http.ResponseWriter, r *http.Request) {
	var req completionRequest
	if err := decode(w, r, &req); err != nil {
		writeError(w, err)
		return
	}
	j, echoes, err := s.completionJob(&req)
	if err != nil {
		writeError(w, err)
		return
	}
	head := s.head(r, "cmpl-", j.adapter).as("text_completion")
	j.caller = caller(r, head)
	if req.Stream {
		s.streamCompletion(w, r, &req, j, head, echoes)
		return
	}
	s.wholeCompletion(w, r, j, head, echoes)
}

func (s *Server) completionJob(req *completionRequest) (*job, []string, error) {
	if err := s.check(&req.sampling); err != nil {
		return nil, nil, err
	}
	if len(req.Prompt) == 0 {
		return nil, nil, badRequest("prompt", "Either prompt or prompt_embeds must be provided and non-empty.")
	}
	j := &job{adapter: s.adapter(req.Model), n: req.choices()}
	var echoes []string
	for _, p := range req.Prompt {
		if p.tokens == 0 {
			return nil, nil, badRequest("prompt", "The prompt cannot be empty.")
		}
		limit, err := s.room(p.tokens, req.MaxTokens, completionTokens)
		if err != nil {
			return nil, nil, err
		}
		j.uniquePrompt += p.tokens
		j.maxTokens = max(j.maxTokens, limit)
		for choice := range j.n {
			j.plans = append(j.plans, newPlan(p.text, &req.sampling, choice, limit))
			j.promptTokens = append(j.promptTokens, p.tokens)
			echo := ""
			if req.Echo {
				echo = p.text
			}
			echoes = append(echoes, echo)
		}
	}
	return j, echoes, nil
}

type completionChoice struct {
	Index          int     `json:"index"`
	Text           string  `json:"text"`
	Logprobs       *string `json:"logprobs"`
	FinishReason   *string `json:"finish_reason"`
	StopReason     *string `json:"stop_reason"`
	TokenIDs       *string `json:"token_ids"`
	PromptLogprobs *string `json:"prompt_logprobs"`
	PromptTokenIDs *string `json:"prompt_token_ids"`
}

func (s *Server) wholeCompletion(w http.ResponseWriter, r *http.Request, j *job, head answerHead, echoes []string) {
	results, err := s.collect(r, j)
	if err != nil {
		writeError(w, err)
		return
	}
	choices := make([]completionChoice, len(results))
	for i := range results {
		choices[i] = completionChoice{
			Index: i, Text: echoes[i] + results[i].text, FinishReason: &results[i].reason, StopReason: results[i].stop,
		}
	}
	writeJSON(w, http.StatusOK, struct {
		answerHead
		Choices           []completionChoice `json:"choices"`
		ServiceTier       *string            `json:"service_tier"`
		SystemFingerprint string             `json:"system_fingerprint"`
		Usage             usage              `json:"usage"`
		KVTransferParams  *string            `json:"kv_transfer_params"`
	}{answerHead: head, Choices: choices, SystemFingerprint: s.config.Fingerprint, Usage: newUsage(j.uniquePrompt, produced(results))})
}

type completionChunkChoice struct {
	Index        int     `json:"index"`
	Text         string  `json:"text"`
	Logprobs     *string `json:"logprobs"`
	FinishReason *string `json:"finish_reason"`
	StopReason   *string `json:"stop_reason"`
}

type completionChunk struct {
	answerHead
	Choices           []completionChunkChoice `json:"choices"`
	SystemFingerprint string                  `json:"system_fingerprint,omitempty"`
	Usage             *usage                  `json:"usage"`
}

func (s *Server) streamCompletion(w http.ResponseWriter, r *http.Request, req *completionRequest, j *job, head answerHead, echoes []string) {
	streams, notify, err := s.submit(j, s.config.StreamInterval)
	if err != nil {
		writeError(w, err)
		return
	}
	out := newSSE(w)
	final, continuous := req.wantsUsage(s.config.ForceUsage)
	generated := 0 // tokens of all choices
	err = follow(r.Context(), streams, notify, func(p progress) error {
		if p.err != nil {
			return p.err
		}
		generated += p.end - p.start
		choice := completionChunkChoice{Index: p.choice, Text: j.plans[p.choice].text(p.start, p.end)}
		if p.start == 0 {
			choice.Text = echoes[p.choice] + choice.Text
		}
		if p.reason != "" {
			choice.FinishReason, choice.StopReason = &p.reason, j.plans[p.choice].stopString
		}
		c := completionChunk{answerHead: head, Choices: []completionChunkChoice{choice}, SystemFingerprint: s.config.Fingerprint}
		if continuous {
			u := newUsage(j.uniquePrompt, generated)
			c.Usage = &u
		}
		return out.send(c)
	})
	finish(out, err, func() error {
		if !final {
			return nil
		}
		u := newUsage(j.uniquePrompt, generated)
		return out.send(completionChunk{answerHead: head, Choices: []completionChunkChoice{}, SystemFingerprint: s.config.Fingerprint, Usage: &u})
	})
}
