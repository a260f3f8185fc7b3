package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
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
		{"cut", strings.TrimSuffix(goodStream, "data: [DONE]\n"), 200, "Hello there", "ended early"},
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
		delay, err := streamFirst(context.Background(), server.URL, "key", "m", &out)
		server.Close()
		if out.String() != c.text {
			t.Errorf("%s: printed %q, want %q", c.name, out.String(), c.text)
		}
		if c.err == "" && (err != nil || delay <= 0) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: first token after %v, error %v, want %q", c.name, delay, err, c.err)
		}
	}
}

func TestAwaitHealth(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests++; requests < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	p, _ := testProgress([]step{{name: "first token", cost: 1}})
	if err := awaitHealth(context.Background(), p, server.URL); err != nil || requests != 3 {
		t.Errorf("asked %d times, %v", requests, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := awaitHealth(ctx, p, "http://127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "make logs") {
		t.Errorf("an engine that never answers: %v", err)
	}
}

func TestFirstModel(t *testing.T) {
	m, err := firstModel(map[string]model{"b": {Service: "b"}, "a": {Service: "a"}})
	if err != nil || m.Service != "a" {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := firstModel(nil); err == nil || !strings.Contains(err.Error(), "models") {
		t.Errorf("no models: %v", err)
	}
}

// TestAPIKey uses a kubectl that returns one value.
func TestAPIKey(t *testing.T) {
	l := layout.Layout{Root: t.TempDir()}
	m := model{Namespace: "inference", APIKeySecret: "a-key"}
	for _, c := range []struct{ value, want, err string }{
		{"c2VjcmV0", "secret", ""},
		{"", "", "secret a-key has no key api-key"},
		{"%", "", "not base64"},
	} {
		if err := os.MkdirAll(filepath.Dir(l.Bin("x")), 0o700); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\ncase \"$*\" in *'jsonpath={.data.api-key}') printf %s '" + c.value + "' ;; *) exit 1 ;; esac\n"
		if err := os.WriteFile(l.Bin("kubectl"), []byte(script), 0o700); err != nil { //nolint:gosec // it is executed
			t.Fatal(err)
		}
		got, err := newEngine(options{layout: l}).apiKey(context.Background(), m)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: got %q, %v; want %q, %q", c.value, got, err, c.want, c.err)
		}
	}
}

func TestKubectlUsesTheConfirmedContext(t *testing.T) {
	e := newEngine(options{layout: layout.Layout{Root: t.TempDir()}, targetKubeconfig: "/kubeconfig"})
	e.context = "prod"
	cmd := e.kubectlCommand(context.Background(), "get", "nodes")
	if got := strings.Join(cmd.Args[1:], " "); got != "--context=prod get nodes" {
		t.Errorf("kubectl %s", got)
	}
	if !slices.Contains(cmd.Env, "KUBECONFIG=/kubeconfig") {
		t.Error("it does not use the file that was named")
	}
}
