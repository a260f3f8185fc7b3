package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/metrics"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/tokens"
)

type fixture struct {
	*httptest.Server
	engine *engine.Engine
	log    *bytes.Buffer
}

// serve starts a server whose engine's steps take no time. change adapts both configurations.
func serve(t *testing.T, change func(*Config, *engine.Config)) *fixture {
	t.Helper()
	timing := engine.Config{Blocks: 1000, BlockSize: 16, MaxNumSeqs: 64, MaxBatchedTokens: 2048, Timing: engine.Linear{Base: time.Microsecond}}
	config := Config{
		Names: []string{"m", "alias"}, Root: "org/m", MaxModelLen: 1024, StreamInterval: 1, MaxN: 4,
		ResponseRole: "assistant", Version: "0.33.0", Fingerprint: "vllm-test",
	}
	if change != nil {
		change(&config, &timing)
	}
	late := &lateObserver{}
	e := engine.New(timing, engine.RealClock{}, late)
	m := metrics.New(metrics.Info{ModelName: "m", MaxModelLen: 1024, CacheConfig: metrics.Cache(1000, 16, .9, "auto")}, e.Load)
	late.Observer = m
	config.Engine, config.Metrics = e, m
	f := &fixture{engine: e, log: &bytes.Buffer{}}
	config.AccessLog = log.New(f.log, "", 0)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	f.Server = httptest.NewServer(New(config))
	t.Cleanup(func() {
		f.Close()
		cancel()
		<-done
	})
	return f
}

type lateObserver struct{ engine.Observer }

func (f *fixture) post(t *testing.T, path, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, f.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(t, req)
}

func (f *fixture) get(t *testing.T, path string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, f.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// events returns the data of a stream, which must end with [DONE].
func events(t *testing.T, body string) []map[string]any {
	t.Helper()
	var out []map[string]any
	parts := strings.Split(strings.TrimSuffix(body, "\n\n"), "\n\n")
	if parts[len(parts)-1] != "data: [DONE]" {
		t.Fatalf("the stream ends with %q", parts[len(parts)-1])
	}
	for _, part := range parts[:len(parts)-1] {
		var event map[string]any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(part, "data: ")), &event); err != nil {
			t.Fatalf("%q: %v", part, err)
		}
		out = append(out, event)
	}
	return out
}

func valueAt(t *testing.T, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch key := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			if !ok {
				t.Fatalf("%v: no object at %v", value, path)
			}
			value = object[key]
		case int:
			list, ok := value.([]any)
			if !ok || key >= len(list) {
				t.Fatalf("%v: no element %d at %v", value, key, path)
			}
			value = list[key]
		}
	}
	return value
}

const hello = `{"model":"m","messages":[{"role":"user","content":"Hello"}]`

func TestChatStream(t *testing.T) {
	f := serve(t, nil)
	status, body := f.post(t, "/v1/chat/completions", hello+`,"stream":true,"max_tokens":12,"stream_options":{"include_usage":true}}`)
	if status != 200 {
		t.Fatalf("%d: %s", status, body)
	}
	received := events(t, body)
	if role, content := valueAt(t, received[0], "choices", 0, "delta", "role"), valueAt(t, received[0], "choices", 0, "delta", "content"); role != "assistant" || content != "" {
		t.Errorf("first chunk: role %v, content %v", role, content)
	}
	var text strings.Builder
	for _, event := range received[1 : len(received)-1] {
		if event["object"] != "chat.completion.chunk" || event["id"] != received[0]["id"] || event["model"] != "m" {
			t.Errorf("%v", event)
		}
		content, _ := valueAt(t, event, "choices", 0, "delta", "content").(string)
		text.WriteString(content)
	}
	if !strings.HasPrefix(text.String(), tokens.Preamble) {
		t.Errorf("text %q", text.String())
	}
	if reason := valueAt(t, received[len(received)-2], "choices", 0, "finish_reason"); reason != "length" {
		t.Errorf("finish_reason %v", reason)
	}
	final := received[len(received)-1]
	if n := valueAt(t, final, "usage", "completion_tokens"); n != 12.0 || len(final["choices"].([]any)) != 0 {
		t.Errorf("usage chunk %v", final)
	}
}

func TestContinuousUsage(t *testing.T) {
	f := serve(t, nil)
	_, body := f.post(t, "/v1/completions", `{"model":"m","prompt":"Hi","stream":true,"max_tokens":12,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`)
	before := 0.0
	for _, event := range events(t, body) {
		n, ok := valueAt(t, event, "usage", "completion_tokens").(float64)
		if !ok || n < before {
			t.Errorf("usage of %v tokens after %v", n, before)
		}
		before = n
	}
	if before != 12 {
		t.Errorf("usage of %v tokens in the end", before)
	}
}

func TestStreamIntervalHoldsTokensBack(t *testing.T) {
	f := serve(t, func(c *Config, e *engine.Config) {
		c.StreamInterval, e.Timing = 5, engine.Linear{Base: time.Millisecond}
	})
	_, body := f.post(t, "/v1/completions", `{"model":"m","prompt":"Hi","stream":true,"max_tokens":12,"stream_options":{"include_usage":true}}`)
	received := events(t, body)
	chunks, final := received[:len(received)-1], received[len(received)-1]
	// One token, twice five, and one; fewer chunks if the reader is slow.
	if len(chunks) < 1 || len(chunks) > 4 {
		t.Errorf("12 tokens came in %d chunks", len(chunks))
	}
	if n := valueAt(t, final, "usage", "completion_tokens"); n != 12.0 {
		t.Errorf("usage chunk %v", final)
	}
}

func TestChatWithoutStreaming(t *testing.T) {
	f := serve(t, nil)
	status, body := f.post(t, "/v1/chat/completions", hello+`,"n":2,"max_completion_tokens":30}`, "X-Request-Id", "abc")
	var answer map[string]any
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
		t.Fatalf("%d: %s", status, body)
	}
	if answer["id"] != "chatcmpl-abc" || answer["object"] != "chat.completion" {
		t.Errorf("%v, %v", answer["id"], answer["object"])
	}
	if valueAt(t, answer, "choices", 0, "message", "content") == valueAt(t, answer, "choices", 1, "message", "content") {
		t.Error("two choices have one text")
	}
	if total := valueAt(t, answer, "usage", "completion_tokens"); total != 60.0 {
		t.Errorf("%v completion tokens for 2 × 30", total)
	}
	_, again := f.post(t, "/v1/chat/completions", hello+`,"max_tokens":30}`)
	if !strings.Contains(again, valueAt(t, answer, "choices", 0, "message", "content").(string)) {
		t.Error("the same request gave another text")
	}
}

func TestStopsAndLengths(t *testing.T) {
	f := serve(t, nil)
	cases := map[string]struct {
		extra, reason, text string
		tokens              float64
	}{
		"stop string":     {`,"stop":["output"],"max_tokens":50`, "stop", "This is simulated ", 6},
		"kept":            {`,"stop":"output","include_stop_str_in_output":true,"max_tokens":50`, "stop", "This is simulated output", 6},
		"after minimum":   {`,"stop":"is","min_tokens":4,"max_tokens":4`, "length", "This is simulated", 4},
		"length":          {`,"max_tokens":3`, "length", "This is simul", 3},
		"ignores the end": {`,"ignore_eos":true,"max_tokens":900`, "length", "", 900},
	}
	for name, c := range cases {
		_, body := f.post(t, "/v1/chat/completions", hello+c.extra+"}")
		var answer map[string]any
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatalf("%s: %s", name, body)
		}
		reason, text, n := valueAt(t, answer, "choices", 0, "finish_reason"), valueAt(t, answer, "choices", 0, "message", "content"), valueAt(t, answer, "usage", "completion_tokens")
		if reason != c.reason || c.text != "" && text != c.text || n != c.tokens {
			t.Errorf("%s: %v, %q, %v tokens", name, reason, text, n)
		}
	}
	_, body := f.post(t, "/v1/chat/completions", hello+"}")
	if !strings.Contains(body, `"finish_reason":"stop"`) {
		t.Errorf("without a limit the text does not end by itself: %s", body)
	}
}

func TestCompletionPrompts(t *testing.T) {
	f := serve(t, nil)
	for prompt, choices := range map[string]int{`"Hi there"`: 1, `["a","b"]`: 2, `[1,2,3]`: 1, `[[1,2],[3]]`: 2} {
		status, body := f.post(t, "/v1/completions", `{"prompt":`+prompt+`}`)
		var answer map[string]any
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", prompt, status, body)
		}
		if got := len(answer["choices"].([]any)); got != choices {
			t.Errorf("%s: %d choices", prompt, got)
		}
		if n := valueAt(t, answer, "usage", "completion_tokens"); n != float64(16*choices) {
			t.Errorf("%s: %v tokens, want 16 per choice", prompt, n)
		}
	}
	if _, body := f.post(t, "/v1/completions", `{"prompt":"Echo me","echo":true}`); !strings.Contains(body, `"text":"Echo meThis is`) {
		t.Errorf("%s", body)
	}
}
