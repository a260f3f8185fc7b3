package api

import (
	"strings"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/tokens"
)

// plan is one choice of a response. A simulated text and its end are known before the first
// token.
type plan struct {
	written    string
	ends       []int // end of each token in the text
	reason     string
	stopString *string
	keep       int // bytes of the text for the client
}

// room returns the number of tokens that may be generated after a prompt, or vLLM's error if
// the request exceeds the context.
func (s *Server) room(promptTokens int, maxTokens *int, otherwise int) (int, error) {
	limit := s.config.MaxModelLen
	tokens := 0
	if maxTokens != nil {
		tokens = *maxTokens
	}
	if promptTokens+max(tokens, 1) > limit {
		return 0, badRequest("input_tokens",
			"This model's maximum context length is %d tokens. However, you requested %d output tokens and your prompt contains at least %d input tokens, for a total of at least %d tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=%d)",
			limit, tokens, promptTokens, promptTokens+max(tokens, 1), promptTokens)
	}
	if maxTokens != nil {
		return tokens, nil
	}
	if otherwise > 0 {
		return min(otherwise, limit-promptTokens), nil
	}
	return limit - promptTokens, nil
}

// newPlan generates the text of one choice, with at most limit tokens.
func newPlan(prompt string, p *sampling, choice, limit int) plan {
	text := tokens.Generate(prompt, p.Seed, choice)
	end, reason := limit, engine.Length
	if natural := max(text.Length(), p.MinTokens+1); !p.IgnoreEOS && natural <= limit {
		end, reason = natural, engine.Stop
	}
	out := plan{reason: reason}
	var written strings.Builder
	for i := range end {
		piece := text.Token(i)
		before := written.Len()
		written.WriteString(piece)
		out.ends, out.written = append(out.ends, written.Len()), written.String()
		if i+1 < p.MinTokens {
			continue
		}
		if index, found := firstStop(out.written, before, p.Stop); found != "" {
			out.reason, out.stopString, out.keep = engine.Stop, &found, index
			if p.IncludeStop {
				out.keep += len(found)
			}
			return out
		}
	}
	out.keep = len(out.written)
	return out
}

// firstStop returns the index of the first stop string in a text, and the string. It searches
// only stop strings that end after the position searched.
func firstStop(text string, searched int, stops []string) (int, string) {
	index, found := -1, ""
	for _, stop := range stops {
		start := max(0, searched-len(stop)+1)
		if i := strings.Index(text[start:], stop); i >= 0 && (index < 0 || start+i < index) {
			index, found = start+i, stop
		}
	}
	return index, found
}

// tokens returns the number of tokens that the engine produces for the choice.
func (p *plan) tokens() int { return len(p.ends) }

// text returns the part of the client's text that the tokens [start, end) add.
func (p *plan) text(start, end int) string {
	return p.written[p.offset(start):p.offset(end)]
}

func (p *plan) offset(token int) int {
	if token == 0 {
		return 0
	}
	return min(p.ends[token-1], p.keep)
}
