package api

import (
	"net/http"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/tokens"
)

func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Model           string    `json:"model"`
		Prompt          *string   `json:"prompt"`
		Messages        []message `json:"messages"`
		ReturnTokenStrs bool      `json:"return_token_strs"`
	}
	if err := decode(w, r, &req); err != nil {
		writeError(w, err)
		return
	}
	if err := s.checkModel(req.Model); err != nil {
		writeError(w, err)
		return
	}
	text := template(req.Messages)
	switch {
	case req.Prompt != nil:
		text = *req.Prompt
	case len(req.Messages) == 0:
		writeError(w, malformed("prompt", "Field required"))
		return
	}
	pieces := tokens.Split(text)
	body := struct {
		Count       int      `json:"count"`
		MaxModelLen int      `json:"max_model_len"`
		Tokens      []int64  `json:"tokens"`
		TokenStrs   []string `json:"token_strs"`
	}{Count: len(pieces), MaxModelLen: s.config.MaxModelLen, Tokens: []int64{}}
	for _, piece := range pieces {
		body.Tokens = append(body.Tokens, tokens.Number(piece))
	}
	if req.ReturnTokenStrs {
		body.TokenStrs = pieces
	}
	writeJSON(w, http.StatusOK, body)
}

func (s *Server) detokenize(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Model  string  `json:"model"`
		Tokens []int64 `json:"tokens"`
	}
	if err := decode(w, r, &req); err != nil {
		writeError(w, err)
		return
	}
	if err := s.checkModel(req.Model); err != nil {
		writeError(w, err)
		return
	}
	var text strings.Builder
	for _, id := range req.Tokens {
		if id < 0 {
			writeError(w, badRequest("tokens", "Token ids must not be negative, got %d.", id))
			return
		}
		text.WriteString(tokens.Piece(id))
	}
	writeJSON(w, http.StatusOK, map[string]string{"prompt": text.String()})
}
