package client

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// counting serves whole answers, and counts its connections. After the end of an answer it
// does what after does.
func counting(t *testing.T, secure bool, after func(*http.Request)) (c Client, connections *atomic.Int64, protocol *atomic.Value) {
	t.Helper()
	connections, protocol = &atomic.Int64{}, &atomic.Value{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol.Store(r.Proto)
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, token+counted(6)+end)
		_ = http.NewResponseController(w).Flush()
		after(r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	transport := NewTransport()
	if secure {
		server.EnableHTTP2 = true
		server.StartTLS()
		trusted := server.Client().Transport.(*http.Transport)
		transport.TLSClientConfig = trusted.TLSClientConfig.Clone()
		transport.ForceAttemptHTTP2 = true
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return Client{HTTP: &http.Client{Transport: transport}, URL: server.URL, Form: Form{API: Completions, Exact: true}}, connections, protocol
}

// A request uses the connection of an earlier one, whose answer has ended: TTFT has no time for a
// new connection.
func TestConnectionsAreKept(t *testing.T) {
	for name, secure := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			c, connections, protocol := counting(t, secure, func(*http.Request) { time.Sleep(5 * time.Millisecond) })
			for range 5 {
				if o := c.Send(t.Context(), load.Arrival{Input: 3, Output: 6}, time.Now()); o.Failure != "" {
					t.Fatalf("got %+v", o)
				}
			}
			if n := connections.Load(); n != 1 || protocol.Load() != "HTTP/1.1" {
				t.Errorf("five requests use %d connections of %v, want one of HTTP/1.1", n, protocol.Load())
			}
		})
	}
}

// The outcome of an answer that the server does not end after its last event is the same, and
// comes at most a second later.
func TestAnswerWithoutAnEnd(t *testing.T) {
	c, connections, _ := counting(t, false, func(r *http.Request) { <-r.Context().Done() })
	for range 2 {
		began := time.Now()
		o := c.Send(t.Context(), load.Arrival{Input: 3, Output: 6}, began)
		if o.Failure != "" || o.Tokens != 6 || o.Last > drainTime || time.Since(began) > 20*drainTime {
			t.Errorf("got %+v after %s", o, time.Since(began))
		}
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections, want another one instead of that whose answer does not end", n)
	}
}
