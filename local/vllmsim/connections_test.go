package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/connections"
)

// pythonPath returns an environment in which Python finds a module.
func pythonPath(t *testing.T, source string) []string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, connections.File), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"PYTHONPATH=/nowhere:" + folder}
}

// TestMiddleware sends requests through a connection pool to a replica with a stream in flight,
// before and after SIGTERM. Without the middleware the pool keeps its connection, and the
// draining replica refuses requests on it. With the middleware each request opens a new
// connection, for which a Service then chooses another replica.
func TestMiddleware(t *testing.T) {
	for _, c := range []struct {
		name   string
		closes bool
		args   []string
	}{
		{"as vLLM is", false, nil},
		{"with the middleware", true, []string{"--middleware", connections.Middleware}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, pythonPath(t, connections.Source), append(c.args, "--shutdown-timeout", "15")...)
			p.ready(t)
			body := openStream(t, p)
			pool := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
			ask := func(method, path string) (status int, closes bool) {
				request, err := http.NewRequest(method, p.url+path, strings.NewReader(`{"prompt":"x","max_tokens":1}`))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", "application/json")
				response, err := pool.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				if _, err := io.Copy(io.Discard, response.Body); err != nil {
					t.Fatal(err)
				}
				return response.StatusCode, response.Close
			}
			expect := func(status int, method, path string) {
				t.Helper()
				if got, closes := ask(method, path); got != status || closes != c.closes {
					t.Errorf("%s %s: %d, closes %v; want %d and %v", method, path, got, closes, status, c.closes)
				}
			}
			expect(200, "GET", "/health")
			expect(200, "POST", "/v1/completions")
			expect(404, "POST", "/v1/nothing")
			if err := p.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			status := 200
			for deadline := time.Now().Add(patience); status == 200 && time.Now().Before(deadline); {
				status, _ = ask("POST", "/v1/completions")
			}
			if status != 503 {
				t.Errorf("while the replica drains: %d", status)
			}
			expect(503, "POST", "/v1/completions") // the connection is still open
			expect(200, "GET", "/health")
			if text := rest(t, body); !strings.Contains(text, "[DONE]") {
				t.Errorf("the stream was cut: …%s", text[max(0, len(text)-300):])
			}
			if status := p.exit(t); status != 0 {
				t.Errorf("exit status %d", status)
			}
		})
	}
}

// TestMiddlewareIsThatOfPython holds that the simulator refuses modules that Python could not
// import or that it would have to run.
func TestMiddlewareIsThatOfPython(t *testing.T) {
	for name, c := range map[string]struct{ source, middleware, want string }{
		"no module":      {connections.Source, "other.CloseConnections", "ModuleNotFoundError: No module named 'other'"},
		"no class":       {connections.Source, connections.Module + ".Other", "AttributeError: module 'vllm_eks_connections' has no attribute 'Other'"},
		"no dot":         {connections.Source, "CloseConnections", "ValueError: not enough values to unpack"},
		"another source": {connections.Source + "#", connections.Middleware, "the simulator runs no Python"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, err := command(t, pythonPath(t, c.source), "Qwen/Qwen2.5-0.5B-Instruct", "--middleware", c.middleware).CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitFailed || !strings.Contains(string(output), c.want) {
				t.Errorf("%v:\n%s", err, output)
			}
		})
	}
}

// TestIdleConnectionsEnd holds that the server closes idle connections.
func TestIdleConnectionsEnd(t *testing.T) {
	p := launch(t, []string{"VLLM_HTTP_TIMEOUT_KEEP_ALIVE=0.1"})
	p.ready(t)
	connection, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }() // the server has closed it
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(connection) // until the server closes it
	if err != nil {
		t.Fatal(err)
	}
	if text := string(answer); !strings.HasPrefix(text, "HTTP/1.1 200") || strings.Contains(text, "Connection: close") {
		t.Errorf("got %q", text)
	}
}
