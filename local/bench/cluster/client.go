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

// newClient returns a client that keeps a connection open for each request in flight, as OpenAI's
// clients do.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: math.MaxInt, DisableCompression: true}}
}

// send sends one request and reads its answer. Times count from start.
func send(ctx context.Context, client *http.Client, url string, a load.Arrival, start time.Time) result.Request {
	r := result.Request{Input: a.Input, Output: a.Output, At: time.Since(start)}
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
	read(&r, response.Body, start)
	return r
}

// body returns a request whose prompt has the exact number of tokens.
func body(a load.Arrival) []byte {
	prompt := bytes.Repeat([]byte("97,"), a.Input)
	return fmt.Appendf(nil, `{"model":%q,"prompt":[%s],"max_tokens":%d,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}`,
		servedName, prompt[:len(prompt)-1], a.Output)
}

var (
	event = []byte("data: ")
	done  = []byte("[DONE]")
	usage = []byte(`"choices":[]`) // of the event that counts the tokens
)

// read reads an answer to its end. The last event states the number of tokens; only this event is
// decoded.
func read(r *result.Request, body io.Reader, start time.Time) {
	lines := bufio.NewReaderSize(body, 16<<10)
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
		case bytes.Contains(data, usage):
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
			r.Last = time.Since(start)
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
