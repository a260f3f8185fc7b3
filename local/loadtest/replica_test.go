// Package loadtest runs cmd/load against the vLLM simulator, in virtual time: a load of ten minutes
// takes a second, and its result is the same on every machine.
package loadtest

import (
	"bytes"
	"context"
	"net"
	"net/http"
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

// run describes a run of the command.
type run struct {
	change      func(*api.Config) // of the server
	environment map[string]string
	interrupt   time.Duration // after which Ctrl-C comes; 0: never
}

// load runs cmd/load against a simulated replica, and returns its output.
func (r run) load(t *testing.T, arguments ...string) (out, messages string, err error) {
	t.Helper()
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
			Engine: e, Metrics: m, Names: []string{"chat"}, Root: model, MaxModelLen: 8192, StreamInterval: 16, MaxN: 1, ResponseRole: "assistant", Version: "0.33.0",
		}
		if r.change != nil {
			r.change(&settings)
		}
		server := &http.Server{Handler: api.New(settings)}
		serving.Go(func() { _ = server.Serve(listener) })
		var written, told bytes.Buffer
		c := command.New(command.Surroundings{Out: &written, Messages: &told, Environment: func(name string) string { return r.environment[name] }, Dial: listener.dial})
		c.SetArgs(arguments)
		command, interrupt := context.WithCancel(ctx)
		defer interrupt()
		if r.interrupt > 0 {
			time.AfterFunc(r.interrupt, interrupt)
		}
		err = c.ExecuteContext(command)
		out, messages = written.String(), told.String()
		_ = server.Close()
		_ = listener.Close()
		cancel()
		serving.Wait()
		time.Sleep(time.Hour) // idle connections of the client end
	})
	return out, messages, err
}
