//go:build cluster || faults

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// streamTokens is the number of tokens of a response, which takes about 3 s, or 6 s on two busy
// cores.
const streamTokens = 60

// load keeps streams open until end is called.
type load struct {
	url    string
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu     sync.Mutex
	whole  int
	failed []string
}

func openLoad(t *testing.T, url string, streams int) *load {
	t.Helper()
	return keepOpen(t, url, streams, func(int) error { return stream(t.Context(), url, "chat") })
}

// keepOpen starts clients, each of which sends its next request after its response. ask gets
// the client's number.
func keepOpen(t *testing.T, url string, clients int, ask func(client int) error) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{url: url, cancel: cancel}
	for client := range clients {
		l.ended.Go(func() {
			for ctx.Err() == nil {
				err := ask(client)
				l.mu.Lock()
				if err == nil {
					l.whole++
				} else {
					l.failed = append(l.failed, err.Error())
				}
				l.mu.Unlock()
			}
		})
	}
	t.Cleanup(cancel)
	return l
}

func (l *load) counts() (whole int, failed []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.whole, l.failed
}

// awaitWhole waits until a number of streams have been answered in full.
func (l *load) awaitWhole(t *testing.T, streams int) {
	t.Helper()
	await(t, fmt.Sprintf("%d streams are answered", streams), 2*time.Minute, func() bool {
		whole, failed := l.counts()
		return whole >= streams || len(failed) > 0
	})
}

// end lets the open streams finish, and reports those that were truncated or refused.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.cancel()
	l.ended.Wait()
	whole, failed := l.counts()
	t.Logf("%d streams answered in full, %d not", whole, len(failed))
	for i, failure := range failed {
		if i == 5 {
			break
		}
		t.Errorf("%d of %d streams failed: %s", len(failed), whole+len(failed), failure)
	}
}

// patient keeps connections open, one for each concurrent stream, and waits as long as a stream
// takes.
var patient = &http.Client{Timeout: 10 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: math.MaxInt}}

// stream reads a response of streamTokens.
func stream(ctx context.Context, url, model string) error {
	return streamOf(ctx, url, model, streamTokens)
}

// streamOf reads one response, which must be complete: every token, a finish reason, and the
// end.
func streamOf(ctx context.Context, url, model string, length int) error {
	body := fmt.Sprintf(`{"model":%q,"prompt":"a b c d","max_tokens":%d,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}`, model, length)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/completions", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := patient.Do(request)
	if err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("refused: %s", response.Status)
	}
	tokens, finish := 0, ""
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
		case data == "[DONE]":
			if tokens != length || finish != "length" {
				return fmt.Errorf("truncated: %d of %d tokens, finished by %q", tokens, length, finish)
			}
			return nil
		default:
			var chunk struct {
				Choices []struct {
					FinishReason string `json:"finish_reason"`
				}
				Usage struct {
					CompletionTokens int `json:"completion_tokens"`
				}
			}
			if err := json.Unmarshal([]byte(data), &chunk); err != nil {
				return fmt.Errorf("truncated: %s: %w", data, err)
			}
			for _, choice := range chunk.Choices {
				finish = choice.FinishReason
			}
			tokens = max(tokens, chunk.Usage.CompletionTokens)
		}
	}
	return fmt.Errorf("truncated before the end: %w", lines.Err())
}

// chatter is the length of a request's prompt and completion, in tokens. The completion varies by
// up to varied tokens.
type chatter struct{ prompt, output, varied int }

// completeOrWait sends a request, and waits a second if it fails.
func completeOrWait(ctx context.Context, url string, c chatter) error {
	err := complete(ctx, url, c)
	if err != nil {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	return err
}

// complete sends one request without streaming, which needs less CPU than a stream.
func complete(ctx context.Context, url string, c chatter) error {
	length := c.output
	if c.varied > 0 {
		length += rand.IntN(2*c.varied) - c.varied
	}
	body := fmt.Sprintf(`{"model":"chat","prompt":%q,"max_tokens":%d,"ignore_eos":true}`, strings.TrimSpace(strings.Repeat("a ", c.prompt)), length)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/completions", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := patient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("refused: %s", response.Status)
	}
	return json.NewDecoder(response.Body).Decode(&struct{}{})
}
