package cluster

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/load"
	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

func TestSend(t *testing.T) {
	const (
		token   = `data: {"choices":[{"text":"a"}],"usage":null}` + "\n\n"
		counted = `data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":%N%,"total_tokens":9}}` + "\n\n"
		end     = "data: [DONE]\n\n"
	)
	for _, c := range []struct {
		name, answer string
		status       int
		tokens       int
		started      bool
		failure      string
	}{
		{"whole", token + token + strings.Replace(counted, "%N%", "6", 1) + end, 200, 6, true, ""},
		{"shorter than requested", token + strings.Replace(counted, "%N%", "5", 1) + end, 200, 5, true, "cut: 5 of 6"},
		{"without an end", token + token, 200, 0, true, "cut: EOF"},
		{"refused", "", 503, 0, false, "refused: 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sent string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				sent = string(body)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.answer)
			}))
			defer server.Close()
			r := send(t.Context(), newClient(), server.URL, load.Arrival{Input: 3, Output: 6}, time.Now())
			if !strings.Contains(sent, `"prompt":[97,97,97],"max_tokens":6`) {
				t.Errorf("sent %s", sent)
			}
			if r.Tokens != c.tokens || (r.First > 0) != c.started || !strings.HasPrefix(r.Failure, c.failure) || (c.failure == "") != (r.Failure == "") {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// A load is open: a late answer does not delay the next request.
func TestDriveDoesNotWaitForAnswers(t *testing.T) {
	release := make(chan struct{})
	arrived := make(chan struct{}, 3)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer server.Close()
	done := make(chan int, 1)
	go func() {
		arrivals := []load.Arrival{{At: 0, Input: 1, Output: 1}, {At: 30 * time.Millisecond, Input: 1, Output: 1}, {At: 60 * time.Millisecond, Input: 1, Output: 1}}
		done <- len(drive(t.Context(), newClient(), server.URL, arrivals, time.Now(), 3))
	}()
	for range 3 {
		select {
		case <-arrived:
		case <-time.After(10 * time.Second):
			t.Fatal("a request waits for the answer of the one before")
		}
	}
	close(release)
	if sent := <-done; sent != 3 {
		t.Errorf("%d requests were sent, want 3", sent)
	}
}

// Of the answers that an interruption cuts, those count that had missed the SLO before.
func TestAnInterruptionCountsLateAnswers(t *testing.T) {
	cut := "cut: " + context.Canceled.Error()
	c := Comparison{Settings: Settings{TimeScale: 1}, WarmUp: time.Minute}
	sent := 70 * time.Second
	counted := c.inTime([]result.Request{
		{At: 30 * time.Second},                                 // in the warm-up
		{At: sent, First: sent + 1, Last: sent + 2, Tokens: 2}, // answered
		{At: sent, Failure: cut},                               // without a first token in time
		{At: sent, First: sent + time.Second, Failure: cut},    // it may have met the SLO
		{At: sent, First: sent + 3*time.Second, Failure: cut},  // too late
		{At: 100 * time.Second, Failure: cut},                  // after the end
		{At: sent, Failure: "refused: 503 no engine at all"},   // whatever the interruption
	}, 30*time.Second)
	var met, missed int
	for _, r := range counted {
		if r.Failure == "" {
			met++
		} else {
			missed++
		}
	}
	if met != 1 || missed != 3 {
		t.Errorf("%d met the SLO and %d missed it, want 1 and 3: %+v", met, missed, counted)
	}
}
