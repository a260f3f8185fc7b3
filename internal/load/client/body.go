package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// API is an interface of OpenAI for answers.
type API string

// The APIs of a server.
const (
	Completions API = "completions"
	Chat        API = "chat"
)

func (a API) path() string {
	if a == Chat {
		return "/v1/chat/completions"
	}
	return "/v1/completions"
}

// Form describes the body of requests.
type Form struct {
	API API
	// TokenIDs reports that a prompt of Completions consists of token ids, so that its length is
	// exact. Otherwise, a prompt consists of words that are one token each in most vocabularies.
	TokenIDs bool
	// Exact reports that an answer has all requested tokens, with vLLM's parameter ignore_eos.
	// min_tokens is not needed for that, and slows vLLM down. Otherwise, the model may end its
	// answer.
	Exact bool
	// Alike reports that all prompts consist of one token. Otherwise, they differ from their first
	// token, so that a prefix cache does not shorten them.
	Alike bool
	// Seed selects the tokens of prompts.
	Seed uint64
}

func (f Form) String() string {
	prompts, answers := "prompts of words", "answers that the model ends"
	if f.TokenIDs {
		prompts = "prompts of token ids"
	}
	if f.Exact {
		answers = "answers of the requested length"
	}
	return fmt.Sprintf("%s with %s and %s", f.API, prompts, answers)
}

// body returns a request.
func (c Client) body(a load.Arrival) []byte {
	exact := ""
	if c.Form.Exact {
		exact = `"ignore_eos":true,`
	}
	return fmt.Appendf(nil, `{"model":%s,%s,"max_tokens":%d,%s"stream":true,"stream_options":{"include_usage":true}}`,
		quoted(c.Model), c.Form.prompt(a), a.Output, exact)
}

// quoted returns a string as JSON.
func quoted(text string) string {
	encoded, _ := json.Marshal(text) // a string has JSON
	return string(encoded)
}

// prompt returns the field with a prompt of the requested length.
func (f Form) prompt(a load.Arrival) string {
	switch {
	case f.API == Chat:
		return `"messages":[{"role":"user","content":"` + f.words(a) + `"}]`
	case f.TokenIDs:
		return `"prompt":[` + f.ids(a) + `]`
	default:
		return `"prompt":"` + f.words(a) + `"`
	}
}

const (
	// oneID is the token of prompts that are alike.
	oneID = "97,"
	// Ids from firstID to lastID are ordinary tokens of all common vocabularies. The smallest of
	// them have 32,000 tokens, with special tokens and single bytes at both ends.
	firstID, lastID = 1000, 30_000
)

// random returns the source of a prompt: the same for the same arrival.
func (f Form) random(a load.Arrival) *rand.Rand { return rand.New(rand.NewPCG(f.Seed, uint64(a.At))) }

func (f Form) ids(a load.Arrival) string {
	if f.Alike {
		ids := bytes.Repeat([]byte(oneID), a.Input)
		return string(ids[:len(ids)-1])
	}
	random := f.random(a)
	ids := make([]byte, 0, len("12345,")*a.Input)
	for range a.Input {
		ids = strconv.AppendInt(ids, int64(firstID+random.IntN(lastID-firstID)), 10)
		ids = append(ids, ',')
	}
	return string(ids[:len(ids)-1])
}

// words is a list of short words.
const words = "time year day way man thing life child world hand part eye place work week case point group fact home " +
	"water room area money story month lot right study book word issue side kind head house friend power hour game " +
	"line end law car city name team idea body back face level door art war party"

func (f Form) words(a load.Arrival) string {
	list, random := strings.Fields(words), f.random(a)
	var text strings.Builder
	for i := range a.Input {
		if i > 0 {
			text.WriteByte(' ')
		}
		word := list[0]
		if !f.Alike {
			word = list[random.IntN(len(list))]
		}
		text.WriteString(word)
	}
	return text.String()
}
