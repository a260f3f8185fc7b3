package cluster

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// newClient returns a client that keeps connections open, as OpenAI's clients
// do, and as many as it has requests at a time.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: math.MaxInt, DisableCompression: true}}
}

// ask sends one request and reads its answer. Times are since began.
func ask(ctx context.Context, client *http.Client, url string, a load.Arrival, began time.Time) result.Request {
	r := result.Request{Input: a.Input, Output: a.Output, At: time.Since(began)}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/completions", bytes.NewReader(body(a)))
	if err != nil {
		r.Failure = err.Error()
		return r
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		r.Failure = "refused: " + err.Error()
		return r
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		r.Failure = "refused: " + response.Status
		return r
	}
	read(&r, response.Body, began)
	return r
}

// body is a request with a prompt of exactly so many tokens.
func body(a load.Arrival) []byte {
	prompt := bytes.Repeat([]byte("97,"), a.Input)
	return fmt.Appendf(nil, `{"model":%q,"prompt":[%s],"max_tokens":%d,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}`,
		servedName, prompt[:len(prompt)-1], a.Output)
}

var (
	event = []byte("data: ")
	done  = []byte("[DONE]")
	last  = []byte(`"choices":[]`) // of the event that counts the tokens
)

// read reads an answer to its end. The number of tokens is what the engine
// says in its last event, the only one that is decoded.
func read(r *result.Request, from io.Reader, began time.Time) {
	lines := bufio.NewReaderSize(from, 16<<10)
	for {
		line, err := lines.ReadSlice('\n')
		data, isEvent := bytes.CutPrefix(line, event)
		switch {
		case !isEvent:
		case bytes.HasPrefix(data, done):
			if r.Tokens < r.Output {
				r.Failure = fmt.Sprintf("cut: %d of %d tokens", r.Tokens, r.Output)
			}
			return
		case bytes.Contains(data, last):
			var counted struct {
				Usage struct {
					CompletionTokens int `json:"completion_tokens"`
				}
			}
			if err := json.Unmarshal(data, &counted); err != nil {
				r.Failure = "cut: " + err.Error()
				return
			}
			r.Tokens = counted.Usage.CompletionTokens
		default:
			r.Last = time.Since(began)
			if r.First == 0 {
				r.First = r.Last
			}
		}
		if err != nil {
			r.Failure = "cut: " + err.Error()
			return
		}
	}
}
