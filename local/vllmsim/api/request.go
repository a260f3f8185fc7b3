package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

// maxBody bounds a request's body. It is far above the text of any context window.
const maxBody = 64 << 20

// sampling holds the parameters that chat and text completions share. Unknown fields are
// ignored, as in vLLM.
type sampling struct {
	Model         string         `json:"model"`
	Stream        bool           `json:"stream"`
	StreamOptions *streamOptions `json:"stream_options"`
	N             *int           `json:"n"`
	MaxTokens     *int           `json:"max_tokens"`
	MinTokens     int            `json:"min_tokens"`
	IgnoreEOS     bool           `json:"ignore_eos"`
	Stop          stopStrings    `json:"stop"`
	IncludeStop   bool           `json:"include_stop_str_in_output"`
	Seed          int64          `json:"seed"`
	Temperature   *float64       `json:"temperature"`
	TopP          *float64       `json:"top_p"`
	Logprobs      any            `json:"logprobs"`
}

type streamOptions struct {
	IncludeUsage         bool `json:"include_usage"`
	ContinuousUsageStats bool `json:"continuous_usage_stats"`
}

// stopStrings is one string, a list of strings, or null.
type stopStrings []string

func (s *stopStrings) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		if string(text) != "null" {
			*s = stopStrings{one}
		}
		return nil
	}
	var many []string
	if err := json.Unmarshal(text, &many); err != nil {
		return errors.New("stop must be a string or a list of strings")
	}
	*s = many
	return nil
}

// decode reads a JSON body.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	if kind := r.Header.Get("Content-Type"); kind != "" && !strings.HasPrefix(strings.ToLower(kind), "application/json") {
		return &apiError{
			Message: "Unsupported Media Type: Only 'application/json' is allowed",
			Type:    http.StatusText(http.StatusUnsupportedMediaType), Code: http.StatusUnsupportedMediaType,
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return badRequest("", "the body could not be read: %v", err)
	}
	var wrongType *json.UnmarshalTypeError
	switch err := json.Unmarshal(body, into); {
	case err == nil:
		return nil
	case errors.As(err, &wrongType):
		return malformed(strings.TrimPrefix(wrongType.Field, "sampling."), "Input should be a valid "+wrongType.Type.String())
	default:
		return malformed("", err.Error())
	}
}

// check returns an error for parameter values that vLLM refuses.
func (s *Server) check(p *sampling) error {
	if err := s.checkModel(p.Model); err != nil {
		return err
	}
	n := p.choices()
	switch {
	case n < 1:
		return badRequest("n", "n must be at least 1, got %d.", n)
	case n > s.config.MaxN:
		return badRequest("n", "n must be at most %d, got %d. To increase this limit, set the VLLM_MAX_N_SEQUENCES environment variable.", s.config.MaxN, n)
	case p.MaxTokens != nil && *p.MaxTokens < 1:
		return badRequest("max_tokens", "max_tokens must be at least 1, got %d.", *p.MaxTokens)
	case p.MinTokens < 0:
		return badRequest("min_tokens", "min_tokens must be greater than or equal to 0, got %d.", p.MinTokens)
	case p.MaxTokens != nil && p.MinTokens > *p.MaxTokens:
		return badRequest("min_tokens", "min_tokens must be less than or equal to max_tokens=%d, got %d.", *p.MaxTokens, p.MinTokens)
	case p.Temperature != nil && *p.Temperature < 0:
		return badRequest("temperature", "temperature must be non-negative, got %v.", *p.Temperature)
	case p.TopP != nil && (*p.TopP <= 0 || *p.TopP > 1):
		return badRequest("top_p", "top_p must be in (0, 1], got %v.", *p.TopP)
	case slices.Contains(p.Stop, ""):
		return badRequest("stop", "stop cannot contain an empty string.")
	case p.StreamOptions != nil && !p.Stream:
		return badRequest("stream_options", "Stream options can only be defined when `stream=True`.")
	case p.Logprobs != nil && p.Logprobs != false:
		return badRequest("logprobs", "logprobs are not simulated.")
	}
	return nil
}

func (s *Server) checkModel(name string) error {
	if name == "" || slices.Contains(s.config.Names, name) || s.adapter(name) != "" {
		return nil
	}
	param := "model"
	return &apiError{
		Message: "The model `" + name + "` does not exist.",
		Type:    "NotFoundError", Param: &param, Code: http.StatusNotFound,
	}
}

func (p *sampling) choices() int {
	if p.N == nil {
		return 1
	}
	return *p.N
}

func (p *sampling) wantsUsage(force bool) (final, continuous bool) {
	if p.StreamOptions == nil {
		return force, false
	}
	final = force || p.StreamOptions.IncludeUsage
	return final, final && p.StreamOptions.ContinuousUsageStats
}
