// Package loadtest runs cmd/load against the vLLM simulator, in virtual time: a load of ten minutes
// takes a second, and its result is the same on every machine.
package loadtest

import (
	"bytes"
	"context"
	"flag"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load/command"
	"github.com/vllm-eks/vllm-eks/local/bench/loop"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/api"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/metrics"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

var update = flag.Bool("update", false, "rewrite the transcripts in the documentation")

const model = "meta-llama/Llama-3.1-8B-Instruct"

// replica returns the sizing of the simulated replica.
func replica(t *testing.T) sizing.Estimate {
	t.Helper()
	shape, found := catalogue.FindShape(model)
	instance, err := catalogue.FindInstance("g5.2xlarge")
	if !found || err != nil {
		t.Fatal(found, err)
	}
	return sizing.Size(sizing.Workload{Instance: instance, Engine: sizing.Engine{Shape: shape, GPU: instance.GPU, MaxModelLen: 8192}})
}

// pipes is a listener whose connections are in memory, as virtual time requires.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes { return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accepted <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// late passes events to an observer that exists only after the engine.
type late struct{ engine.Observer }

// load runs cmd/load against a simulated replica, and returns its output.
func load(t *testing.T, change func(*api.Config), environment map[string]string, arguments ...string) (out, messages string, err error) {
	synctest.Test(t, func(t *testing.T) {
		config := loop.ConfigOf(replica(t))
		observer := &late{}
		e := engine.New(config, engine.RealClock{}, observer)
		m := metrics.New(metrics.Info{ModelName: "chat", MaxModelLen: 8192, CacheConfig: metrics.Cache(config.Blocks, config.BlockSize, .92, "auto")}, e.Load)
		observer.Observer = m
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() { e.Run(ctx) })
		listener := newPipes()
		settings := api.Config{
			Engine: e, Metrics: m, Names: []string{"chat"}, Root: model, MaxModelLen: 8192, StreamInterval: 1, MaxN: 1, ResponseRole: "assistant", Version: "0.33.0",
		}
		if change != nil {
			change(&settings)
		}
		server := &http.Server{Handler: api.New(settings)}
		serving.Go(func() { _ = server.Serve(listener) })
		var written, told bytes.Buffer
		c := command.New(command.Surroundings{Out: &written, Messages: &told, Environment: func(name string) string { return environment[name] }, Dial: listener.dial})
		c.SetArgs(arguments)
		err = c.ExecuteContext(ctx)
		out, messages = written.String(), told.String()
		_ = server.Close()
		_ = listener.Close()
		cancel()
		serving.Wait()
		time.Sleep(time.Hour) // idle connections of the client end
	})
	return out, messages, err
}

const documentation = "../../docs/load.md"

// The documentation shows what the command prints.
func TestDocumentedTranscripts(t *testing.T) {
	page, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	const start, end = "```console\n$ go run ./cmd/load ", "```\n"
	var renewed strings.Builder
	rest, transcripts := string(page), 0
	for {
		before, block, found := strings.Cut(rest, start)
		renewed.WriteString(before)
		if !found {
			break
		}
		line, block, _ := strings.Cut(block, "\n")
		_, after, closed := strings.Cut(block, end)
		if !closed {
			t.Fatalf("%s: the transcript of load %s has no end", documentation, line)
		}
		out, _, err := load(t, nil, nil, strings.Fields(line)...)
		if err != nil {
			t.Errorf("load %s: %v", line, err)
		}
		renewed.WriteString(start + line + "\n" + out + end)
		rest = after
		transcripts++
	}
	switch {
	case transcripts == 0:
		t.Errorf("%s has no transcript", documentation)
	case renewed.String() == string(page):
	case !*update:
		t.Errorf("%s shows other results; rewrite it with: go -C local test ./loadtest -update\n%s", documentation, renewed.String())
	default:
		if err := os.WriteFile(documentation, []byte(renewed.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
