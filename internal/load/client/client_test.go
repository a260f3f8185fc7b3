package client

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

const (
	token   = `data: {"choices":[{"text":"a"}],"usage":null}` + "\n\n"
	spaced  = `data:{"choices": [{"text": "a"}]}` + "\r\n\r\n"
	role    = `data: {"choices":[{"delta":{"role":"assistant","content":""}}]}` + "\n\n"
	word    = `data: {"choices":[{"delta":{"content":"a"}}]}` + "\n\n"
	thought = `data: {"choices":[{"delta":{"role":"assistant","reasoning_content":"hm"}}]}` + "\n\n"
	broken  = `data: {"error":{"message":"the engine is dead","code":500}}` + "\n\n"
	end     = "data: [DONE]\n\n"
)

// counted returns the event with the number of tokens.
func counted(n int) string {
	return fmt.Sprintf(`data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":%d,"total_tokens":9}}`+"\n\n", n)
}

// answering serves one answer to every request.
func answering(t *testing.T, status int, answer string) Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return Client{HTTP: &http.Client{Transport: NewTransport()}, URL: server.URL, Model: "m", Form: Form{API: Completions, TokenIDs: true, Exact: true, Alike: true}}
}

func TestSend(t *testing.T) {
	exact, free := Form{API: Completions, Exact: true}, Form{API: Completions}
	chat := Form{API: Chat, Exact: true}
	for name, c := range map[string]struct {
		form           Form
		status         int
		answer         string
		tokens, output int
		started        bool
		kind, failure  string // failure is a prefix
	}{
		"whole":                       {exact, 200, token + token + counted(6) + end, 6, 6, true, "", ""},
		"a space less":                {exact, 200, spaced + counted(6) + end, 6, 6, true, "", ""},
		"comments and empty lines":    {exact, 200, ": ping\n\nevent: x\n" + token + counted(6) + end, 6, 6, true, "", ""},
		"shorter than requested":      {exact, 200, token + counted(5) + end, 5, 6, true, Short, "cut: 5 of 6"},
		"ended by the model":          {free, 200, token + counted(5) + end, 5, 5, true, "", ""},
		"without usage":               {exact, 200, token + token + end, 2, 2, true, "", ""},
		"without a token":             {free, 200, counted(0) + end, 0, 6, false, Short, "cut: 0 of 6"},
		"without an end":              {exact, 200, token + token, 0, 6, true, Cut, "cut: EOF"},
		"an error after a token":      {exact, 200, token + broken + end, 0, 6, true, StreamError, "cut: error: the engine is dead"},
		"wrong JSON":                  {exact, 200, token + "data: {\"choices\n\n", 0, 6, true, WrongAnswer, "cut: an event is no JSON"},
		"no stream":                   {exact, 200, `{"choices":[]}`, 0, 6, false, WrongAnswer, "cut: EOF before the first event"},
		"a role alone":                {chat, 200, role, 0, 6, false, WrongAnswer, "cut: EOF before the first event"},
		"chat":                        {chat, 200, role + word + word + counted(6) + end, 6, 6, true, "", ""},
		"reasoning":                   {chat, 200, thought + counted(6) + end, 6, 6, true, "", ""},
		"OpenAI's error":              {exact, 429, `{"error":{"message":"Rate limit\nreached","type":"x"}}`, 0, 6, false, "HTTP 429", "refused: 429 Too Many Requests: Rate limit reached"},
		"an error that is a string":   {exact, 401, `{"error":"Unauthorized"}`, 0, 6, false, "HTTP 401", "refused: 401 Unauthorized: Unauthorized"},
		"an error that is not JSON":   {exact, 503, "no engine", 0, 6, false, "HTTP 503", "refused: 503 Service Unavailable: no engine"},
		"an error without any reason": {exact, 503, "", 0, 6, false, "HTTP 503", "refused: 503"},
	} {
		t.Run(name, func(t *testing.T) {
			sender := answering(t, c.status, c.answer)
			sender.Form = c.form
			o := sender.Send(t.Context(), load.Arrival{Input: 3, Output: 6}, time.Now())
			if o.Tokens != c.tokens || o.Output != c.output || (o.First > 0) != c.started || o.Kind != c.kind || !strings.HasPrefix(o.Failure, c.failure) || (c.failure == "") != (o.Failure == "") {
				t.Errorf("got %+v", o)
			}
			if o.Whole() != (c.failure == "") || o.Whole() && o.PromptTokens != 3 && name != "without usage" {
				t.Errorf("got %+v", o)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	const (
		start  = `{"model":"a \"m\"",`
		ending = `"stream":true,"stream_options":{"include_usage":true}}`
	)
	arrival := load.Arrival{At: time.Second, Input: 3, Output: 6}
	for name, c := range map[string]struct {
		form Form
		want string
	}{
		"alike":       {Form{API: Completions, TokenIDs: true, Exact: true, Alike: true}, `"prompt":[97,97,97],"max_tokens":6,"ignore_eos":true,`},
		"ids":         {Form{API: Completions, TokenIDs: true, Exact: true}, `"prompt":[3627,23072,7266],"max_tokens":6,"ignore_eos":true,`},
		"words":       {Form{API: Completions, Seed: 4}, `"prompt":"kind name fact","max_tokens":6,`},
		"chat":        {Form{API: Chat, Exact: true, Seed: 4}, `"messages":[{"role":"user","content":"kind name fact"}],"max_tokens":6,"ignore_eos":true,`},
		"alike words": {Form{API: Chat, Alike: true}, `"messages":[{"role":"user","content":"time time time"}],"max_tokens":6,`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(Client{Model: `a "m"`, Form: c.form}.body(arrival)); got != start+c.want+ending {
				t.Errorf("got %s, want %s", got, start+c.want+ending)
			}
		})
	}
	one, two := Form{TokenIDs: true}.ids(arrival), Form{TokenIDs: true}.ids(load.Arrival{At: 2 * time.Second, Input: 3})
	if one == two {
		t.Errorf("two arrivals have the prompt %s, so a prefix cache would have it", one)
	}
}

// The key is in the header and in no message, also if a server repeats it.
func TestKey(t *testing.T) {
	const key = "sk-secret"
	var header string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Get("Authorization")
		http.Error(w, "wrong key "+key, http.StatusUnauthorized)
	}))
	defer server.Close()
	c := Client{HTTP: &http.Client{Transport: NewTransport()}, URL: server.URL, Key: key, Form: Form{API: Completions}}
	o := c.Send(t.Context(), load.Arrival{Input: 3, Output: 6}, time.Now())
	_, err := c.Models(t.Context())
	if header != "Bearer "+key || o.Failure != "refused: 401 Unauthorized: wrong key [API key]" || err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("header %q, %+v, %v", header, o, err)
	}
}

func TestFailuresOfTheConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	_ = listener.Close()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	hanging := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, token)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer hanging.Close()
	for name, c := range map[string]struct {
		ctx     context.Context
		url     string
		timeout time.Duration
		kind    string
	}{
		"nobody listens":        {t.Context(), address, 0, NoConnection},
		"canceled":              {canceled, address, 0, Canceled},
		"a stream that hangs":   {t.Context(), hanging.URL, 100 * time.Millisecond, Timeout},
		"an address of no host": {t.Context(), "http://", 0, NoConnection},
	} {
		t.Run(name, func(t *testing.T) {
			sender := Client{HTTP: &http.Client{Transport: NewTransport()}, URL: c.url, Timeout: c.timeout, Form: Form{API: Completions}}
			if o := sender.Send(c.ctx, load.Arrival{Input: 1, Output: 2}, time.Now()); o.Kind != c.kind || o.Failure == "" {
				t.Errorf("got %+v, want %s", o, c.kind)
			}
		})
	}
}

// receive returns the next value of a channel.
func receive[T any](t *testing.T, values <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-values:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was received")
	}
	return value
}

// A load is open: a late answer does not delay the next request.
func TestDriveDoesNotWaitForAnswers(t *testing.T) {
	release, ended := make(chan struct{}), make(chan struct{})
	arrived := make(chan struct{}, 3)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-ended: // after a failure
		}
	}))
	defer server.Close()
	defer close(ended)
	sent := make(chan int, 1)
	go func() {
		arrivals := []load.Arrival{{At: 0, Input: 1, Output: 1}, {At: 30 * time.Millisecond, Input: 1, Output: 1}, {At: 60 * time.Millisecond, Input: 1, Output: 1}}
		c := Client{HTTP: &http.Client{Transport: NewTransport()}, URL: server.URL, Form: Form{API: Completions}}
		sent <- len(load.Drive(t.Context(), t.Context(), c.Send, arrivals, time.Now(), 3))
	}()
	for range 3 {
		select {
		case <-arrived:
		case <-time.After(10 * time.Second):
			t.Fatal("a request waits for the answer of the one before")
		}
	}
	close(release)
	if n := receive(t, sent); n != 3 {
		t.Errorf("%d requests were sent, want 3", n)
	}
}

// At the end of sending, open answers are still read; at the end of answering, they are cut.
func TestDriveEnds(t *testing.T) {
	sending, stop := context.WithCancel(t.Context())
	answering, cut := context.WithCancel(t.Context())
	begun := make(chan struct{})
	send := func(ctx context.Context, a load.Arrival, _ time.Time) load.Outcome {
		begun <- struct{}{}
		<-ctx.Done()
		return load.Outcome{Input: a.Input, Failure: ctx.Err().Error()}
	}
	returned := make(chan []load.Outcome, 1)
	go func() {
		returned <- load.Drive(sending, answering, send, []load.Arrival{{Input: 5}, {At: time.Hour}}, time.Now(), 1)
	}()
	receive(t, begun)
	stop()
	select {
	case got := <-returned:
		t.Fatalf("returned %+v before the answer", got)
	case <-time.After(50 * time.Millisecond):
	}
	cut()
	if got := receive(t, returned); len(got) != 1 || got[0].Input != 5 || got[0].Failure != "context canceled" {
		t.Errorf("got %+v, want the one request that was sent", got)
	}
}

// picky accepts only bodies without the given parts.
func picky(t *testing.T, parts ...string) Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for _, part := range parts {
			if strings.Contains(string(body), part) {
				http.Error(w, `{"error":{"message":"Unrecognized request argument"}}`, http.StatusBadRequest)
				return
			}
		}
		_, _ = io.WriteString(w, token+token+end)
	}))
	t.Cleanup(server.Close)
	return Client{HTTP: &http.Client{Transport: NewTransport()}, URL: server.URL, Form: Form{API: Completions}}
}

func TestSettle(t *testing.T) {
	for name, c := range map[string]struct {
		refused []string
		chat    bool
		want    Form
	}{
		"vLLM":              {nil, false, Form{API: Completions, TokenIDs: true, Exact: true}},
		"no token ids":      {[]string{`"prompt":[`}, false, Form{API: Completions, Exact: true}},
		"nothing of vLLM's": {[]string{`"prompt":[`, "ignore_eos"}, false, Form{API: Completions}},
		"chat":              {nil, true, Form{API: Chat, Exact: true}},
		"chat of OpenAI":    {[]string{"ignore_eos"}, true, Form{API: Chat}},
	} {
		t.Run(name, func(t *testing.T) {
			sender := picky(t, c.refused...)
			if c.chat {
				sender.Form.API = Chat
			}
			if got, err := sender.Settle(t.Context()); err != nil || got.Form != c.want {
				t.Errorf("got %+v, %v, want %+v", got.Form, err, c.want)
			}
		})
	}
	_, err := picky(t, "prompt").Settle(t.Context())
	if err == nil || !strings.Contains(err.Error(), "/v1/completions: refused: 400 Bad Request: Unrecognized request argument") {
		t.Errorf("a server that accepts nothing: %v", err)
	}
}

func TestModels(t *testing.T) {
	c := answering(t, 200, `{"data":[{"id":"m","root":"org/m","parent":null,"max_model_len":4096},{"id":"l","root":"/l","parent":"m","max_model_len":null}]}`)
	got, err := c.Models(t.Context())
	if err != nil || len(got) != 2 || got[0] != (Model{ID: "m", Root: "org/m", MaxModelLen: 4096}) || got[1].ID != "l" || *got[1].Parent != "m" {
		t.Errorf("got %+v, %v", got, err)
	}
	for answer, want := range map[string]string{"<html>": "/v1/models: the answer is no list of models: invalid character", "": "no list of models: EOF"} {
		c := answering(t, 200, answer)
		if _, err := c.Models(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", answer, err)
		}
	}
	c = answering(t, 404, "not here")
	if _, err := c.Models(t.Context()); err == nil || !strings.Contains(err.Error(), "/v1/models: refused: 404 Not Found: not here") {
		t.Errorf("without a list: %v", err)
	}
}

func TestBase(t *testing.T) {
	for address, want := range map[string]string{"http://h:1": "http://h:1", "http://h:1/": "http://h:1", "http://h/v1": "http://h", "http://h/a/v1/": "http://h/a"} {
		if got := Base(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
