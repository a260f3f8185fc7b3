package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	list  = `{"data":[{"id":"chat","root":"Qwen/Qwen3-8B","parent":null,"max_model_len":4096}]}`
	token = "data: {\"choices\":[{\"text\":\"a\"}]}\n\n"
	usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":%d}}\n\ndata: [DONE]\n\n"
)

// whole writes an answer of n tokens.
func whole(w io.Writer, n int) { _, _ = fmt.Fprintf(w, strings.Repeat(token, n)+usage, n) }

// server serves the list of models, whole answers to the command's short requests, which have two
// tokens, and answer to the requests of the load.
func server(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.URL.Path == "/v1/models":
			_, _ = io.WriteString(w, list)
		case bytes.Contains(body, []byte(`"max_tokens":2,`)):
			whole(w, 2)
		default:
			answer(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// brief is a trace of five requests of three tokens in a fifth of a second.
const brief = "seconds,input_tokens,output_tokens\n0,5,3\n.05,5,3\n.1,5,3\n.15,5,3\n.2,5,3\n"

// report runs the command with JSON, and returns the report.
func report(t *testing.T, arguments ...string) Report {
	t.Helper()
	out, _, err := execute(t, nil, append(arguments, "--json", "--trace", file(t, brief))...)
	if err != nil && !errors.Is(err, ErrInvalid) { // a busy machine
		t.Fatal(err)
	}
	var r Report
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return r
}

func TestAnswers(t *testing.T) {
	r := report(t, server(t, func(w http.ResponseWriter, _ *http.Request) { whole(w, 3) })+"/v1/", "--gpu", "A10G", "--ttft", "1m", "--tpot", "10s")
	if r.Model != "chat" || r.Load != "trace file" || r.Form != "completions with prompts of token ids and answers of the requested length" {
		t.Errorf("got %+v", r)
	}
	if s := r.Summary; s.Requests != 5 || s.Answered != 5 || s.InputTokens != 35 || s.OutputTokens != 15 || s.Objectives.Share != 1 || s.TTFT.Count != 5 || len(s.Failures) != 0 {
		t.Errorf("got %+v", s)
	}
	p := r.Prediction
	if p == nil || p.ModelID != "Qwen/Qwen3-8B" || p.Hardware != "1 × A10G" || p.InputTokens != 5 || p.OutputTokens != 3 || p.Predicted == nil || p.Measured == nil || p.Predicted.TPOTSeconds < .01 || p.Predicted.TPOTSeconds > .1 {
		t.Errorf("got the prediction %+v", p)
	}
}

func TestFailures(t *testing.T) {
	refusing := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error":{"message":"no"}}`, status) }
	}
	for name, c := range map[string]struct {
		answer       http.HandlerFunc
		cut, refused int
		kind         string
	}{
		"429":        {refusing(429), 0, 5, "HTTP 429"},
		"401":        {refusing(401), 0, 5, "HTTP 401"},
		"503":        {refusing(503), 0, 5, "HTTP 503"},
		"cut":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, token) }, 5, 0, "cut"},
		"short":      {func(w http.ResponseWriter, _ *http.Request) { whole(w, 1) }, 5, 0, "short"},
		"wrong JSON": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "data: {\n\n") }, 0, 5, "wrong answer"},
		"aborted":    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, 5, "no connection"},
		"too slow": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, token)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, 5, 0, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := "1m"
			if c.kind == "timeout" {
				limit = "2s"
			}
			s := report(t, server(t, c.answer), "--timeout", limit).Summary
			if s.Requests != 5 || s.Cut != c.cut || s.Refused != c.refused || s.Objectives.Met != 0 || len(s.Failures) != 1 || s.Failures[0].Kind != c.kind || s.Failures[0].Count != 5 {
				t.Errorf("got %+v, want 5 of %s", s, c.kind)
			}
		})
	}
}

// Slow tokens miss the objective of TPOT, and the report says by how much.
func TestSlowTokens(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			_, _ = io.WriteString(w, token)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(40 * time.Millisecond)
		}
		_, _ = fmt.Fprintf(w, usage, 3)
	})
	s := report(t, url, "--tpot", "20ms").Summary
	if s.Objectives.Met != 0 || s.Answered != 5 || s.TPOT.P50 < .03 || s.EndToEnd.P50 < .06 {
		t.Errorf("got %+v, want five answers with 40 ms a token", s)
	}
	if s := report(t, url, "--tpot", "10s", "--ttft", "10s").Summary; s.Objectives.Share != 1 {
		t.Errorf("got %+v, want all answers within 10 s", s)
	}
}

// Without a server that accepts requests, no load is sent.
func TestServersThatRefuseTheFirstRequest(t *testing.T) {
	refusing := func(models, answers int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			status := answers
			if r.URL.Path == "/v1/models" {
				status = models
			}
			w.WriteHeader(status)
			if status == http.StatusOK {
				_, _ = io.WriteString(w, list)
			}
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	for name, c := range map[string]struct {
		arguments []string
		want      string
	}{
		"nobody listens": {[]string{unreachable}, "URL: http://127.0.0.1:9/v1/models: refused: Get \"http://127.0.0.1:9/v1/models\": dial tcp 127.0.0.1:9: connect: connection refused; no load was sent"},
		"no key":         {[]string{refusing(200, 401)}, "set the right API key with --api-key-env or --api-key-file"},
		"no key at all":  {[]string{refusing(401, 401), "--model", "m"}, "/v1/models: refused: 401 Unauthorized; set the right API key"},
		"no list":        {[]string{refusing(404, 200)}, "--model: is not set, and the server does not list its models: "},
		"no path":        {[]string{refusing(200, 404), "--api", "chat"}, "/v1/chat/completions: refused: 404 Not Found; check URL and --model, or set another --api"},
		"overloaded":     {[]string{refusing(200, 503), "--model", "m"}, "refused: 503 Service Unavailable; no load was sent"},
		"bad request":    {[]string{refusing(200, 400)}, "refused: 400"},
		"unknown model":  {[]string{server(t, nil), "--model", "mine", "--gpu", "A10G"}, "--model-id: the catalogue has no shape of mine"},
		"too large":      {[]string{server(t, nil), "--gpu", "A10G", "--model-id", "meta-llama/Llama-3.3-70B-Instruct", "--gpus", "1"}, "--gpu, --instance: "},
	} {
		t.Run(name, func(t *testing.T) {
			out, messages, err := execute(t, nil, c.arguments...)
			if err == nil || !strings.Contains(err.Error(), c.want) || out+messages != "" {
				t.Errorf("got %v, want %q; printed %q", err, c.want, out+messages)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	serve := func(data string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/models" {
				_, _ = io.WriteString(w, `{"data":[`+data+`]}`)
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			whole(w, 2)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	const one, alias, adapter, other = `{"id":"a","root":"x"}`, `{"id":"b","root":"x"}`, `{"id":"l","root":"/l","parent":"a"}`, `{"id":"c","root":"y"}`
	for name, c := range map[string]struct {
		list, flag, model, err string
	}{
		"one":         {one, "", "a", ""},
		"two names":   {one + "," + alias + "," + adapter, "", "a", ""},
		"an adapter":  {one + "," + adapter, "l", "l", ""},
		"two models":  {one + "," + other, "", "", "--model: is not set, and the server has a, c; set one of them"},
		"none":        {"", "", "", "--model: is not set, and the server lists no model"},
		"not listed":  {one, "z", "z", ""},
		"no list yet": {"", "z", "z", ""},
	} {
		t.Run(name, func(t *testing.T) {
			arguments := []string{serve(c.list), "--json", "--trace", file(t, "seconds,input_tokens,output_tokens\n0,5,2\n")}
			if c.flag != "" {
				arguments = append(arguments, "--model", c.flag)
			}
			out, _, err := execute(t, nil, arguments...)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				return
			}
			if err != nil && !errors.Is(err, ErrInvalid) || !strings.Contains(out, fmt.Sprintf(`"model": %q`, c.model)) {
				t.Errorf("got %v, %s", err, out)
			}
		})
	}
}

// The key comes from a variable or a file, and no output has it.
func TestAPIKey(t *testing.T) {
	const key = "sk-secret"
	var wrong atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key {
			wrong.Add(1)
		}
		if r.URL.Path == "/v1/models" {
			_, _ = io.WriteString(w, list)
			return
		}
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte(`"max_tokens":2,`)) {
			whole(w, 2)
			return
		}
		http.Error(w, "quota of "+key+" is used", http.StatusTooManyRequests)
	}))
	defer s.Close()
	for _, flags := range [][]string{{"--api-key-env", "LLM_KEY"}, {"--api-key-file", file(t, key+"\n")}, {"--api-key-env", "LLM_KEY", "--json"}} {
		out, messages, err := execute(t, map[string]string{"LLM_KEY": key}, append(flags, s.URL, "--trace", file(t, brief))...)
		if err != nil && !errors.Is(err, ErrInvalid) || wrong.Load() > 0 || !strings.Contains(out, "quota of [API key] is used") {
			t.Errorf("%v, %d requests without the key, %s", err, wrong.Load(), out)
		}
		if strings.Contains(out+messages, key) {
			t.Errorf("the output has the key: %s%s", out, messages)
		}
	}
}

// Ctrl-C stops sending; open answers are read, and the report has them.
func TestInterruption(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var once sync.Once
	url := server(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, token)
		_ = http.NewResponseController(w).Flush()
		once.Do(interrupt)
		time.Sleep(300 * time.Millisecond)
		_, _ = fmt.Fprintf(w, token+token+usage, 3)
	})
	var out, messages bytes.Buffer
	c := New(Surroundings{Out: &out, Messages: &messages, Environment: func(string) string { return "" }})
	c.SetArgs([]string{url, "--json", "--trace", file(t, brief+"100,5,3\n")})
	began := time.Now()
	err := c.ExecuteContext(ctx)
	var r Report
	if decoding := json.Unmarshal(out.Bytes(), &r); !errors.Is(err, ErrInterrupted) || decoding != nil || time.Since(began) > 50*time.Second {
		t.Fatalf("%v, %v after %s: %s", err, decoding, time.Since(began), out.String())
	}
	if !r.Interrupted || r.Answered < 1 || r.Requests > 5 || len(r.Failures) > 0 || !strings.Contains(messages.String(), "stopping: open answers have 10s") {
		t.Errorf("got %+v\n%s", r, messages.String())
	}
}

// Ctrl-C before the load ends the command at once, with the error of an interruption.
func TestInterruptionBeforeTheLoad(t *testing.T) {
	for name, hangs := range map[string]string{"list of models": "/v1/models", "short request": "/v1/completions"} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if r.URL.Path == hangs {
					interrupt()
					<-r.Context().Done()
				}
				_, _ = io.WriteString(w, list)
			}))
			defer s.Close()
			var out, messages bytes.Buffer
			c := New(Surroundings{Out: &out, Messages: &messages, Environment: func(string) string { return "" }})
			c.SetArgs([]string{s.URL})
			began := time.Now()
			if err := c.ExecuteContext(ctx); !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), "no load was sent") || out.Len()+messages.Len() > 0 || time.Since(began) > setupTimeout/2 {
				t.Errorf("got %v after %s; printed %s%s", err, time.Since(began), out.String(), messages.String())
			}
		})
	}
}
