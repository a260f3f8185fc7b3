package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
	"github.com/vllm-eks/vllm-eks/local/watch/view"
)

// fakePrometheus answers each range query with one series of the value 7, and the query of the
// view with the series of some models.
type fakePrometheus struct {
	models []string // NAMESPACE/SERVICE
	failed string   // part of queries that fail

	mu      sync.Mutex
	queries []string // range queries
}

func (f *fakePrometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	query := r.PostFormValue("query")
	if r.URL.Path == "/api/v1/query" {
		var vector []any
		for _, model := range f.models {
			namespace, service, _ := strings.Cut(model, "/")
			labels := map[string]string{"__name__": rules.Info, "namespace": namespace, "service": service, "model": "org/\x1b[31m" + service}
			vector = append(vector, map[string]any{"metric": labels, "value": []any{1, "1"}})
		}
		f.answer(w, "vector", vector)
		return
	}
	f.queries = append(f.queries, query)
	if f.failed != "" && strings.Contains(query, f.failed) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"status": "error", "error": "query timed out"}`)
		return
	}
	start, end := json.Number(r.PostFormValue("start")), json.Number(r.PostFormValue("end"))
	values := []any{[]any{end, "7"}}
	if start != end {
		values = []any{[]any{start, "7"}, []any{end, "7"}}
	}
	labels := map[string]string{"namespace": "inference", "service": "chat"}
	f.answer(w, "matrix", []any{map[string]any{"metric": labels, "values": values}})
}

func (*fakePrometheus) answer(w io.Writer, kind string, result []any) {
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": kind, "result": result}})
}

// start returns a source that reads from the fake.
func (f *fakePrometheus) start(t *testing.T) source {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return source{client: prometheus.Client{Address: server.URL}}
}

// unreachable returns a source of an address that nothing listens at.
func unreachable() source {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return source{client: prometheus.Client{Address: server.URL}}
}

func TestText(t *testing.T) {
	f := &fakePrometheus{models: []string{"inference/code", "inference/chat"}}
	text, err := f.start(t).text(t.Context(), "")
	if err != nil || !strings.HasPrefix(text, "inference/chat ") || !strings.Contains(text, "\ninference/code ") {
		t.Errorf("got %q, %v, want both models", text, err)
	}
	text, err = f.start(t).text(t.Context(), "code")
	if err != nil || !strings.HasPrefix(text, "inference/code ") || strings.Contains(text, "chat") {
		t.Errorf("got %q, %v, want the model code", text, err)
	}
	for name, test := range map[string]struct {
		from source
		want string
	}{
		"other model": {f.start(t), `MODEL: got "other", want one of: inference/chat, inference/code`},
		"no rules":    {(&fakePrometheus{}).start(t), "rules: Prometheus has no series " + rules.Info},
		"unreachable": {unreachable(), "prometheus: "},
		"two models":  {(&fakePrometheus{models: []string{"a/chat", "a/other", "b/other"}}).start(t), `MODEL: got "other", which several namespaces have, want one of: a/other, b/other`},
	} {
		if _, err := test.from.text(t.Context(), "other"); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %s", name, err, test.want)
		}
	}
}

// lines is a writer that reports what it got.
type lines chan string

func (l lines) Write(p []byte) (int, error) { l <- string(p); return len(p), nil }

// next returns what was written next.
func (l lines) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-l:
		return text
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was written")
		return ""
	}
}

func TestServePage(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	f := &fakePrometheus{models: []string{"inference/chat", "inference/code"}}
	out, ended := make(lines, 1), make(chan error, 1)
	from := f.start(t)
	go func() { ended <- servePage(ctx, from, "", "127.0.0.1:0", out) }()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(out.next(t))
	get := func(path, host string) (status int, policy, body string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			request.Host = host
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, response.Header.Get("Content-Security-Policy"), string(text)
	}
	status, policy, body := get("?model=inference/code", "localhost:1234")
	if status != http.StatusOK || !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("the answer is %d with the policy %s", status, policy)
	}
	if !strings.Contains(body, "<h2>vLLM model: inference/code</h2>") || !strings.Contains(body, `http-equiv="refresh" content="30"`) {
		t.Errorf("the page is %.2000s", body)
	}
	for path, want := range map[string]int{"other": http.StatusNotFound, "?model=other": http.StatusServiceUnavailable} {
		if status, _, _ := get(path, ""); status != want {
			t.Errorf("%s: the answer is %d, want %d", path, status, want)
		}
	}
	if status, _, _ := get("", "attacker.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("another name than loopback: the answer is %d", status)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the end is the error %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the server does not end")
	}
	if err := servePage(t.Context(), unreachable(), "", "127.0.0.1:0", out); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("without Prometheus, the error is %v", err)
	}
}

func TestScreen(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	f := &fakePrometheus{}
	from := f.start(t)
	out, ended := make(lines), make(chan error, 1)
	s := screen{out: out, size: func() (int, int, error) { return 100, 40, nil }, interval: time.Millisecond}
	go func() { ended <- s.show(ctx, from, "") }()
	if text := out.next(t); !strings.HasPrefix(text, "\x1b[2J\x1b[H") || !strings.Contains(text, "rules: ") {
		t.Errorf("without rules, the screen is %q", text)
	}
	f.mu.Lock()
	f.models = []string{"inference/chat"}
	f.mu.Unlock()
	deadline := time.Now().Add(20 * time.Second)
	for text := out.next(t); !strings.Contains(text, "inference/chat  org/?[31mchat\x1b[K\n"); text = out.next(t) {
		if strings.Contains(text, "\x1b[2J") || time.Now().After(deadline) {
			t.Fatalf("the screen is %q", text)
		}
	}
	stop()
	for {
		select {
		case <-out: // the last poll
			continue
		case err := <-ended:
			if err != nil {
				t.Errorf("the end is the error %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the view does not end")
		}
		break
	}
	if err := s.show(t.Context(), unreachable(), ""); err == nil || errors.Is(err, view.ErrNoRules) {
		t.Errorf("without Prometheus, the error is %v", err)
	}
}

func TestFit(t *testing.T) {
	const text = "one two three\n\nfour\n"
	for name, test := range map[string]struct {
		width, height int
		want          []string
	}{
		"all":     {80, 24, []string{"one two three", "", "four"}},
		"narrow":  {8, 24, []string{"one two", "three", "", "four"}},
		"a word":  {4, 24, []string{"one", "two", "thre", "e", "", "four"}},
		"low":     {80, 2, []string{"one two three", "… 2 more lines; use a larger window, or MODEL=NAME"}},
		"nothing": {0, 1, []string{"…"}},
	} {
		if got := fit(text, test.width, test.height); !slices.Equal(got, test.want) {
			t.Errorf("%s: the lines are %q, want %q", name, got, test.want)
		}
	}
}

// TestFrameWithoutASize checks that a terminal that does not know its size shows whole words.
func TestFrameWithoutASize(t *testing.T) {
	for name, size := range map[string]func() (int, int, error){
		"zero":  func() (int, int, error) { return 0, 0, nil },
		"error": func() (int, int, error) { return 0, 0, errors.New("no terminal") },
	} {
		s := screen{size: size, interval: time.Second}
		if frame := s.frame("inference/chat  org/chat\n"); !strings.Contains(frame, "inference/chat  org/chat") {
			t.Errorf("%s: the screen is %q", name, frame)
		}
	}
}

// TestWrongFlags checks that no argument is ignored, and that the error is the only output.
func TestWrongFlags(t *testing.T) {
	for arguments, want := range map[string]string{
		"--bad":                           "watch: flag provided but not defined: -bad; --help",
		"chat --prometheus=http://a":      `watch: got the argument "chat"`,
		"--serve=true --file=models.html": "--file: cannot be combined with --serve",
		"--prometheus=localhost:9090":     "prometheus: the address is no URL",
		"--serve=x":                       `watch: invalid boolean value "x"`,
		"--serve=false --file=":           "prometheus: ", // valid; nothing listens
	} {
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		err = run(t.Context(), append([]string{"--prometheus=" + unreachable().client.Address}, strings.Fields(arguments)...), out)
		if written, _ := os.ReadFile(out.Name()); err == nil || !strings.HasPrefix(err.Error(), want) || len(written) > 0 {
			t.Errorf("%s: the error is %v, want %s; the output is %q", arguments, err, want, written)
		}
		_ = out.Close()
	}
}

// TestRun checks that without a terminal the numbers are printed once, without sequences of a
// terminal.
func TestRun(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	f := &fakePrometheus{models: []string{"inference/chat"}}
	if err := run(t.Context(), []string{"--prometheus=" + f.start(t).client.Address}, out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil || !strings.HasPrefix(string(text), "inference/chat  org/?[31mchat\n") || bytes.ContainsRune(text, '\x1b') {
		t.Errorf("the output is %q, %v", text, err)
	}
}
