//go:build engine

package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/connections"
)

// uvicornPatience bounds every wait for the server in Python.
const uvicornPatience = 30 * time.Second

// TestMiddlewareInUvicorn loads vLLM's middleware from PYTHONPATH into uvicorn, vLLM's HTTP
// server, with both of its parsers, and sends requests through a connection pool.
func TestMiddlewareInUvicorn(t *testing.T) {
	for _, parser := range []string{"h11", "httptools"} {
		t.Run(parser, func(t *testing.T) {
			t.Run("without the middleware connections are kept", func(t *testing.T) {
				address := serveUvicorn(t, parser)
				pool := &http.Client{Transport: &http.Transport{}, Timeout: uvicornPatience}
				for i := range 4 {
					if got := askUvicorn(t, pool, address, "/stream"); got.closes || got.reused != (i > 0) {
						t.Errorf("request %d: %+v", i, got)
					}
				}
			})
			address := serveUvicorn(t, parser, connections.Middleware)
			pool := &http.Client{Transport: &http.Transport{}, Timeout: uvicornPatience}
			for path, want := range map[string]exchange{
				"/answer":  {status: 200, body: `{"asked":"{}"}`, closes: true},
				"/stream":  {status: 200, body: "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: [DONE]\n\n", closes: true},
				"/nowhere": {status: 404, body: "Not Found", closes: true},
			} {
				for range 3 {
					if got := askUvicorn(t, pool, address, path); got != want {
						t.Errorf("%s: got %+v, want %+v", path, got, want)
					}
				}
			}
			// The middleware sees no response after an exception without a handler. Then
			// uvicorn itself closes the connection.
			for _, path := range []string{"/stream", "/fail"} {
				if answer := untilClosed(t, address, path); !strings.HasPrefix(answer, "HTTP/1.1 ") {
					t.Errorf("%s: %q", path, answer)
				}
			}
		})
	}
}

// exchange is a response and the reuse of its connection.
type exchange struct {
	status         int
	body           string
	closes, reused bool
}

func askUvicorn(t *testing.T, pool *http.Client, address, path string) exchange {
	t.Helper()
	var got exchange
	trace := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { got.reused = info.Reused },
	})
	request, err := http.NewRequestWithContext(trace, http.MethodPost, "http://"+address+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := pool.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got.status, got.body, got.closes = response.StatusCode, string(body), response.Close
	return got
}

// untilClosed returns everything that the server sends before it closes the connection, on
// which the client would send more.
func untilClosed(t *testing.T, address, path string) string {
	t.Helper()
	connection, err := net.DialTimeout("tcp", address, uvicornPatience)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }() // the server has closed it
	if err := connection.SetDeadline(time.Now().Add(uvicornPatience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, "POST "+path+" HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		t.Fatalf("%s: the connection stays open: %v", path, err)
	}
	return string(answer)
}

// serveUvicorn starts the server and returns its address.
func serveUvicorn(t *testing.T, arguments ...string) string {
	t.Helper()
	module, err := filepath.Abs("../../internal/connections")
	if err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), "/usr/bin/python3", append([]string{"-B", "uvicorn/server.py"}, arguments...)...)
	server.Env = append(os.Environ(), "PYTHONPATH="+module)
	server.Stderr = os.Stderr
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // it was killed
	})
	port, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the server in Python needs Debian's packages python3-uvicorn, python3-httptools and python3-starlette: %v", err)
	}
	address := "127.0.0.1:" + strings.TrimSpace(port)
	await(t, "an answer of uvicorn", uvicornPatience, func() bool {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		_ = connection.Close() // it was only opened to see that it can be
		return true
	})
	return address
}
