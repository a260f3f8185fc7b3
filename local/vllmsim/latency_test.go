package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/api"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine/clocktest"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/metrics"
)

// The workload of the latency test and benchmark: concurrent requests, and prompt and
// output tokens of each.
const (
	promptTokens = 1000
	outputTokens = 32
)

var batches = []int{1, 8, 32}

// expected returns the latency of a batch of an 8B model on an A10G. A step reads 15.0 GB of
// weights at 0.83 of 600 GB/s and, for each sequence, 131 kB per token at 0.9 of it. A prompt
// token takes 0.39 ms at 0.56 of 70 TFLOPS, attention included, in steps of 2,048. Layers and
// host take 1.5 ms of a step, and a request takes 1.6 ms.
func expected(batch int) (ttft, tpot float64) {
	tokens := float64(batch * promptTokens)
	steps := math.Ceil(tokens / 2048)
	return steps*0.0015 + 0.0016*float64(batch) + 0.00039*tokens,
		0.0301 + 0.0015 + float64(batch)*(0.000243*(promptTokens+outputTokens/2)/1000+0.000015)
}

// served is the simulator's server in this process, before its engine runs.
type served struct {
	*httptest.Server
	engine   *engine.Engine
	produced *tokenCount
}

// tokenCount forwards everything and counts the tokens of the steps so far. It is written under
// the engine's lock, and read while the engine waits.
type tokenCount struct {
	engine.Observer
	tokens int
}

func (c *tokenCount) Produced(token engine.Token) {
	c.tokens++
	c.Observer.Produced(token)
}

func newServed(t testing.TB, clock engine.Clock) *served {
	t.Helper()
	args, err := vllmflags.Parse([]string{"meta-llama/Llama-3.1-8B-Instruct", "--max-model-len", "8192", "--max-num-seqs", "64", "--disable-uvicorn-access-log"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSettings(args, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	count := &tokenCount{}
	e := engine.New(s.engine, clock, count)
	m := metrics.New(metrics.Info{ModelName: s.names[0], MaxModelLen: s.maxModelLen, CacheConfig: cacheConfig(s)}, e.Load)
	count.Observer = m
	out := &served{engine: e, produced: count, Server: httptest.NewServer(api.New(apiConfig(s, e, m)))}
	t.Cleanup(out.Close)
	return out
}

// run runs the engine until the test ends.
func (s *served) run(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.engine.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

// arrival is one token as a client received it.
type arrival struct {
	client int
	time   time.Time
	err    error
}

// stream sends one request and reports each token's arrival, and an error if their number is
// wrong.
func (s *served) stream(client int, now func() time.Time, tokens chan<- arrival) {
	body := fmt.Sprintf(`{"prompt":[%s1],"stream":true,"ignore_eos":true,"max_tokens":%d}`, strings.Repeat("1,", promptTokens-1), outputTokens)
	resp, err := http.Post(s.URL+"/v1/completions", "application/json", strings.NewReader(body))
	if err != nil {
		tokens <- arrival{client: client, err: err}
		return
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	got := 0
	for lines.Scan() {
		if text := lines.Text(); strings.HasPrefix(text, `data: {`) {
			got++
			tokens <- arrival{client: client, time: now()}
		}
	}
	if err := lines.Err(); err != nil || got != outputTokens {
		tokens <- arrival{client: client, err: fmt.Errorf("%d tokens: %w", got, cmp.Or(err, io.ErrUnexpectedEOF))}
	}
}

// arrivals holds the times of each client's tokens.
type arrivals struct {
	tokens map[int][]time.Time
	read   int
}

func (a *arrivals) add(t testing.TB, token arrival) {
	t.Helper()
	if token.err != nil {
		t.Fatalf("client %d: %v", token.client, token.err)
	}
	a.tokens[token.client] = append(a.tokens[token.client], token.time)
	a.read++
}

func (a *arrivals) await(t testing.TB, tokens <-chan arrival) {
	t.Helper()
	select {
	case token := <-tokens:
		a.add(t, token)
	case <-time.After(time.Minute):
		t.Fatal("no token for a minute")
	}
}

// latencies returns the latencies, in seconds, of the client whose first token arrived last.
// While it gets its other tokens no prompt is computed, so these arrive at the pace of
// decoding.
func (a *arrivals) latencies(start time.Time) (ttft, tpot float64) {
	for _, times := range a.tokens {
		if delay := times[0].Sub(start).Seconds(); delay > ttft {
			ttft, tpot = delay, times[len(times)-1].Sub(times[0]).Seconds()/float64(len(times)-1)
		}
	}
	return ttft, tpot
}

// TestServedLatencyMatchesTheConstants holds that the latency that clients see follows the
// constants of the GPU.
func TestServedLatencyMatchesTheConstants(t *testing.T) {
	for _, batch := range batches {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			clock := clocktest.New(start)
			s := newServed(t, clock)
			seen := s.inVirtualTime(t, clock, batch)
			ttft, tpot := seen.latencies(start)
			wantTTFT, wantTPOT := expected(batch)
			t.Logf("TTFT %.3f s (constants: %.3f), time per token %.2f ms (%.2f)", ttft, wantTTFT, tpot*1e3, wantTPOT*1e3)
			if math.Abs(ttft-wantTTFT) > 0.1*wantTTFT || math.Abs(tpot-wantTPOT) > 0.1*wantTPOT {
				t.Error("more than 10 % off the constants")
			}
			s.compareMetrics(t, seen, start)
		})
	}
}

// inVirtualTime serves a batch of requests that arrive at once. The clock moves to the end of
// the engine's next step after every client has read its token of the previous step.
func (s *served) inVirtualTime(t *testing.T, clock *clocktest.Clock, batch int) *arrivals {
	t.Helper()
	accepted, tokens := make(chan int, batch), make(chan arrival, batch)
	s.engine.OnAccept(func(n int) { accepted <- n })
	for client := range batch {
		go s.stream(client, clock.Now, tokens)
	}
	for n := 0; n < batch; {
		select {
		case n = <-accepted:
		case <-time.After(patience):
			t.Fatalf("%d of %d requests accepted", n, batch)
		}
	}
	s.run(t)
	seen := &arrivals{tokens: map[int][]time.Time{}}
	for seen.read < batch*outputTokens {
		select {
		case alarm := <-clock.Waiting: // the previous step has ended, and its tokens are counted
			for seen.read < s.produced.tokens {
				seen.await(t, tokens)
			}
			clock.Ring(alarm)
		case token := <-tokens:
			seen.add(t, token)
		case <-time.After(patience):
			t.Fatalf("%d tokens, and nothing more happens", seen.read)
		}
	}
	return seen
}

// compareMetrics compares the scraped metrics with the clients' measurements.
func (s *served) compareMetrics(t *testing.T, seen *arrivals, start time.Time) {
	t.Helper()
	var first, perToken float64
	for _, times := range seen.tokens {
		first += times[0].Sub(start).Seconds()
		perToken += times[len(times)-1].Sub(times[0]).Seconds() / float64(len(times)-1)
	}
	resp, err := http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"time_to_first_token_seconds_sum": first, "time_to_first_token_seconds_count": float64(len(seen.tokens)),
		"request_time_per_output_token_seconds_sum": perToken,
	} {
		if got := number(t, string(text), `(?m)^vllm:`+name+`\{.*\} (\S+)$`); math.Abs(got-want) > 1e-6*want {
			t.Errorf("%s is %v, the clients saw %v", name, got, want)
		}
	}
}

// BenchmarkServedLatency measures the same in real time and reports it with the
// constants, in milliseconds. It needs an idle machine:
//
//	go test -run '^$' -bench ServedLatency ./vllmsim
func BenchmarkServedLatency(b *testing.B) {
	for _, batch := range batches {
		b.Run(fmt.Sprint(batch), func(b *testing.B) {
			s := newServed(b, engine.RealClock{})
			s.run(b)
			var ttft, tpot float64
			for b.Loop() {
				tokens := make(chan arrival, batch)
				seen := &arrivals{tokens: map[int][]time.Time{}}
				start := time.Now()
				for client := range batch {
					go s.stream(client, time.Now, tokens)
				}
				for seen.read < batch*outputTokens {
					seen.await(b, tokens)
				}
				delay, perToken := seen.latencies(start)
				ttft, tpot = ttft+delay, tpot+perToken
			}
			wantTTFT, wantTPOT := expected(batch)
			b.ReportMetric(1e3*ttft/float64(b.N), "ms-TTFT")
			b.ReportMetric(1e3*wantTTFT, "ms-TTFT-constants")
			b.ReportMetric(1e3*tpot/float64(b.N), "ms/token")
			b.ReportMetric(1e3*wantTPOT, "ms/token-constants")
		})
	}
}
