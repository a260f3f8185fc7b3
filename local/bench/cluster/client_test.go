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

func TestAsk(t *testing.T) {
	const (
		token   = `data: {"choices":[{"text":"a"}],"usage":null}` + "\n\n"
		counted = `data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":%N%,"total_tokens":9}}` + "\n\n"
		end     = "data: [DONE]\n\n"
	)
	for _, c := range []struct {
		name, answer string
		status       int
		tokens       int
		began        bool
		failure      string
	}{
		{"whole", token + token + strings.Replace(counted, "%N%", "6", 1) + end, 200, 6, true, ""},
		{"shorter than asked for", token + strings.Replace(counted, "%N%", "5", 1) + end, 200, 5, true, "cut: 5 of 6"},
		{"without an end", token + token, 200, 0, true, "cut: EOF"},
		{"refused", "", 503, 0, false, "refused: 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				asked = string(body)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.answer)
			}))
			defer server.Close()
			r := ask(t.Context(), newClient(), server.URL, load.Arrival{Input: 3, Output: 6}, time.Now())
			if !strings.Contains(asked, `"prompt":[97,97,97],"max_tokens":6`) {
				t.Errorf("asked %s", asked)
			}
			if r.Tokens != c.tokens || (r.First > 0) != c.began || !strings.HasPrefix(r.Failure, c.failure) || (c.failure == "") != (r.Failure == "") {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// A load is open: what is late does not hold back what is due.
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
			t.Fatal("a request waits for the answer of another")
		}
	}
	close(release)
	if sent := <-done; sent != 3 {
		t.Errorf("%d were sent, want 3", sent)
	}
}

// Of what an interruption cuts, that counts which was lost already.
func TestAnInterruptionCountsWhatWasLate(t *testing.T) {
	cut := "cut: " + context.Canceled.Error()
	c := Comparison{Settings: Settings{TimeScale: 1}, Lead: time.Minute}
	at := 70 * time.Second
	counted := c.inTime([]result.Request{
		{At: 30 * time.Second},                             // in the lead
		{At: at, First: at + 1, Last: at + 2, Tokens: 2},   // answered
		{At: at, Failure: cut},                             // without a first token in time
		{At: at, First: at + time.Second, Failure: cut},    // it may have been good
		{At: at, First: at + 3*time.Second, Failure: cut},  // too late
		{At: 100 * time.Second, Failure: cut},              // after the end
		{At: at, Failure: "refused: 503 no engine at all"}, // whatever the end
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
		t.Errorf("%d good and %d missed, want 1 and 3: %+v", met, missed, counted)
	}
}

func TestSamplesStayWithinWhatPrometheusAnswers(t *testing.T) {
	for _, whole := range []time.Duration{time.Second, 20 * time.Minute, 24 * time.Hour} {
		if n := whole / sampleStep(whole); n > mostSamples {
			t.Errorf("%v: %d samples", whole, n)
		}
	}
	if got := sampleStep(20 * time.Minute); got != sampleEvery {
		t.Errorf("in 20 minutes every %v", got)
	}
}
