package api

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

func TestRefusals(t *testing.T) {
	f := serve(t, nil)
	cases := map[string]struct {
		path, body, kind, param, message string
		code                             int
	}{
		"wrong model":     {"/v1/chat/completions", `{"model":"x","messages":[{"role":"user","content":"a"}]}`, "NotFoundError", "model", "The model `x` does not exist.", 404},
		"too long":        {"/v1/completions", `{"prompt":"a b c","max_tokens":1022}`, "BadRequestError", "input_tokens", "This model's maximum context length is 1024 tokens. However, you requested 1022 output tokens and your prompt contains at least 3 input tokens, for a total of at least 1025 tokens.", 400},
		"too many":        {"/v1/completions", `{"prompt":"a","n":5}`, "BadRequestError", "n", "n must be at most 4, got 5.", 400},
		"none":            {"/v1/completions", `{"prompt":"a","max_tokens":0}`, "BadRequestError", "max_tokens", "max_tokens must be at least 1, got 0.", 400},
		"no messages":     {"/v1/chat/completions", `{"model":"m"}`, "Bad Request", "body.messages", "1 validation error", 400},
		"wrong type":      {"/v1/completions", `{"prompt":"a","max_tokens":"ten"}`, "Bad Request", "body.max_tokens", "1 validation error", 400},
		"not JSON":        {"/v1/completions", `{`, "Bad Request", "body", "1 validation error", 400},
		"image":           {"/v1/chat/completions", `{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, "Bad Request", "body", "1 validation error", 400},
		"temperature":     {"/v1/completions", `{"prompt":"a","temperature":-1}`, "BadRequestError", "temperature", "temperature must be non-negative", 400},
		"stream options":  {"/v1/completions", `{"prompt":"a","stream_options":{}}`, "BadRequestError", "stream_options", "Stream options can only", 400},
		"tools":           {"/v1/chat/completions", hello + `,"tools":[{}]}`, "BadRequestError", "", `"auto" tool choice requires`, 400},
		"logprobs":        {"/v1/completions", `{"prompt":"a","logprobs":3}`, "BadRequestError", "logprobs", "logprobs are not simulated.", 400},
		"unknown path":    {"/v1/nothing", `{}`, "Not Found", "", "Not Found", 404},
		"tokenize":        {"/tokenize", `{}`, "Bad Request", "body.prompt", "1 validation error", 400},
		"detokenize":      {"/detokenize", `{"tokens":[-1]}`, "BadRequestError", "tokens", "Token ids must not be negative", 400},
		"minimum too big": {"/v1/completions", `{"prompt":"a","max_tokens":2,"min_tokens":3}`, "BadRequestError", "min_tokens", "min_tokens must be less", 400},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			status, body := f.post(t, c.path, c.body)
			var got struct{ Error apiError }
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			param := ""
			if got.Error.Param != nil {
				param = *got.Error.Param
			}
			if status != c.code || got.Error.Code != c.code || got.Error.Type != c.kind || param != c.param || !strings.HasPrefix(got.Error.Message, c.message) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	if status, _ := f.get(t, "/v1/completions"); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", status)
	}
	if status, _ := f.post(t, "/v1/completions", "x", "Content-Type", "text/plain"); status != http.StatusUnsupportedMediaType {
		t.Errorf("text: %d", status)
	}
}

func TestAPIKey(t *testing.T) {
	f := serve(t, func(c *Config, _ *engine.Config) { c.Keys = []string{"one", "two"} })
	for _, path := range []string{"/health", "/metrics", "/version", "/ping"} {
		if status, _ := f.get(t, path); status != 200 {
			t.Errorf("%s without a key: %d", path, status)
		}
	}
	if status, _ := f.post(t, "/tokenize", `{"prompt":"x"}`); status != 200 {
		t.Errorf("/tokenize without a key: %d", status)
	}
	for header, want := range map[string]int{"": 401, "Bearer wrong": 401, "Basic one": 401, "Bearer one": 200, "bearer two": 200} {
		status, body := f.get(t, "/v1/models", "Authorization", header)
		if status != want || want == 401 && body != `{"error":"Unauthorized"}` {
			t.Errorf("%q: %d %s", header, status, body)
		}
	}
	for _, path := range []string{"/v1/unknown", "/v2/x", "/inference/x", "/cohere/x"} {
		if status, _ := f.get(t, path); status != 401 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if strings.Contains(f.log.String(), "one") {
		t.Errorf("a key is in the log: %s", f.log)
	}
}

func TestModelsAndTokens(t *testing.T) {
	f := serve(t, nil)
	_, body := f.get(t, "/v1/models")
	var models map[string]any
	if err := json.Unmarshal([]byte(body), &models); err != nil {
		t.Fatal(err)
	}
	if valueAt(t, models, "data", 1, "id") != "alias" || valueAt(t, models, "data", 0, "max_model_len") != 1024.0 || valueAt(t, models, "data", 0, "root") != "org/m" {
		t.Errorf("%s", body)
	}
	_, body = f.post(t, "/tokenize", `{"prompt":"Hello wonderful world","return_token_strs":true}`)
	var tokenized struct {
		Count  int     `json:"count"`
		Tokens []int64 `json:"tokens"`
	}
	if err := json.Unmarshal([]byte(body), &tokenized); err != nil || tokenized.Count != 4 || len(tokenized.Tokens) != 4 {
		t.Fatalf("%s", body)
	}
	ids, err := json.Marshal(tokenized.Tokens)
	if err != nil {
		t.Fatal(err)
	}
	if _, body = f.post(t, "/detokenize", `{"tokens":`+string(ids)+`}`); body != `{"prompt":"Hello wonderful world"}` {
		t.Errorf("%s", body)
	}
}

// slow makes every step last until the end of the test.
func slow(_ *Config, e *engine.Config) { e.Timing = engine.Linear{Base: time.Hour} }

func TestDisconnectFreesBlocks(t *testing.T) {
	f := serve(t, func(_ *Config, e *engine.Config) { e.Timing = engine.Linear{Base: time.Millisecond} })
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL+"/v1/chat/completions", strings.NewReader(hello+`,"stream":true,"ignore_eos":true,"max_tokens":1000}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	cancel()
	waitFor(t, func() bool { return f.engine.Load() == engine.Load{AllBlocks: 1000} })
	waitFor(t, func() bool {
		_, text := f.get(t, "/metrics")
		return strings.Contains(text, `vllm:request_success_total{engine="0",finished_reason="abort",model_name="m"} 1`)
	})
}

// waitFor polls until another goroutine has made ok true.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if ok() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it did not happen within ten seconds")
}

func TestShutdownAndDeath(t *testing.T) {
	f := serve(t, slow)
	type answer struct {
		status int
		body   string
	}
	open := make(chan answer, 1)
	go func() {
		status, body := f.post(t, "/v1/completions", `{"prompt":"a","max_tokens":3}`)
		open <- answer{status, body}
	}()
	waitFor(t, func() bool { return f.engine.Load().Running == 1 })
	f.engine.Drain(0)
	if a := <-open; a.status != 200 || !strings.Contains(a.body, `"finish_reason":"abort"`) {
		t.Errorf("aborted: %+v", a)
	}
	if status, body := f.post(t, "/v1/completions", `{"prompt":"a"}`); status != 503 {
		t.Errorf("new request while shutting down: %d %s", status, body)
	}
	if status, _ := f.get(t, "/health"); status != 200 {
		t.Errorf("health while shutting down: %d", status)
	}

	f = serve(t, slow)
	go func() {
		status, body := f.post(t, "/v1/completions", `{"prompt":"a","stream":true}`)
		open <- answer{status, body}
	}()
	waitFor(t, func() bool { return f.engine.Load().Running == 1 })
	f.engine.Die()
	if a := <-open; !strings.Contains(a.body, "EngineCore encountered an issue") {
		t.Errorf("stream of a dead engine: %+v", a)
	}
	if status, body := f.post(t, "/v1/completions", `{"prompt":"a"}`); status != 500 || !strings.Contains(body, "InternalServerError") {
		t.Errorf("request to a dead engine: %d %s", status, body)
	}
	if status, _ := f.get(t, "/health"); status != 503 {
		t.Errorf("health of a dead engine: %d", status)
	}
}

func TestFullQueueAndAccessLog(t *testing.T) {
	f := serve(t, func(c *Config, e *engine.Config) {
		slow(c, e)
		c.MaxQueued, c.Quiet = 1, []string{"/health", "/metrics"}
	})
	if status, _ := f.post(t, "/v1/completions", `{"prompt":"a","n":2}`); status != 503 {
		t.Errorf("two sequences with room for one: %d", status)
	}
	f.get(t, "/health")
	f.get(t, "/version")
	if text := f.log.String(); strings.Contains(text, "/health") || !strings.Contains(text, `"GET /version HTTP/1.1" 200 OK`) {
		t.Errorf("access log:\n%s", text)
	}
}
