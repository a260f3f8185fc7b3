package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const goodStream = `data: {"choices":[{"delta":{"role":"assistant","content":""}}]}

data: {"choices":[{"delta":{"content":"Hello "}}]}

data: {"choices":[{"delta":{"content":"there"}}]}

data: [DONE]
`

func TestStreamFirst(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		text, err  string
	}{
		{"tokens", goodStream, 200, "Hello there", ""},
		{"no token", "data: [DONE]\n", 200, "", "without a token"},
		{"cut", strings.TrimSuffix(goodStream, "data: [DONE]\n"), 200, "Hello there", "broke off"},
		{"not JSON", "data: {\n", 200, "", "stream: "},
		{"refused", `{"error":{"message":"no such model"}}`, 404, "", "404 Not Found: {\"error\":{\"message\":\"no such model\"}}"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer key" || r.URL.Path != "/v1/chat/completions" {
				t.Errorf("%s: request %s with %q", c.name, r.URL.Path, r.Header.Get("Authorization"))
			}
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		}))
		var out bytes.Buffer
		first, err := streamFirst(context.Background(), server.URL, "key", "m", &out)
		server.Close()
		if out.String() != c.text {
			t.Errorf("%s: printed %q, want %q", c.name, out.String(), c.text)
		}
		if c.err == "" && (err != nil || first <= 0) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: first token after %v, error %v, want %q", c.name, first, err, c.err)
		}
	}
}

func TestAnEngineThatStartsIsWaitedFor(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	p, _ := testProgress([]step{{name: "first token", cost: 1}})
	if err := awaitHealth(context.Background(), p, server.URL); err != nil || asked != 3 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := awaitHealth(ctx, p, "http://127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "make logs") {
		t.Errorf("an engine that never answers: %v", err)
	}
}

func TestFirstModelIsTheFirstByName(t *testing.T) {
	m, err := firstModel(map[string]model{"b": {Service: "b"}, "a": {Service: "a"}})
	if err != nil || m.Service != "a" {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := firstModel(nil); err == nil || !strings.Contains(err.Error(), "models") {
		t.Errorf("no models: %v", err)
	}
}
