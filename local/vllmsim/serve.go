package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/api"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/faults"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/metrics"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/tracing"
)

// watchdog bounds the time that vLLM's server runs after its engine died.
const watchdog = 5 * time.Second

// errDied is the error of the process after the engine died.
var errDied = hardware.EngineError("AsyncLLM output_handler failed: the engine core died (VLLMSIM_FAULT)")

// serve loads, listens, and returns when the process should end; nil after a shutdown.
func serve(ctx context.Context, s *settings, log *logger) error {
	announce(s, log)
	if err := load(ctx, s, log); err != nil {
		return err
	}
	var m *metrics.Metrics
	var late lateObserver
	e := engine.New(s.engine, engine.RealClock{}, &late)
	m = metrics.New(metrics.Info{
		ModelName: s.names[0], MaxModelLen: s.maxModelLen,
		CacheConfig: cacheConfig(s), MaxLoRAs: s.lora.maxAdapters,
	}, e.Load)
	traces, err := tracing.New(s.traces, os.Getenv, func(err error) { log.warn("traces: %v", err) })
	if err != nil {
		return err
	}
	defer traces.Flush()
	late.Observer = newReporter(m, log, traces)

	listener, err := net.Listen("tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil {
		return err
	}
	server := newServer(s, api.New(apiConfig(s, e, m)))
	server.ErrorLog = stdlog.New(os.Stderr, "", 0)
	log.info("Starting vLLM server on http://%s (SIMULATED)", listener.Addr())

	stepping, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { e.Run(stepping) })
	defer running.Wait()
	defer stop()

	failed := make(chan error, 1)
	running.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	})
	died := arm(stepping, s.fault, e, log)
	log.info("Application startup complete.")

	select {
	case err := <-failed:
		return err
	case <-died:
		closeServer(server)
		return errDied
	case <-ctx.Done():
	}
	shutdown(s, e, server, log)
	return nil
}

// shutdown does what vLLM does on SIGTERM. With a timeout, requests in flight may finish, new
// ones are refused, and /health still answers 200. Without a timeout, everything is aborted.
// Connections stay open meanwhile: vLLM stops its HTTP server after the engine.
func shutdown(s *settings, e *engine.Engine, server *http.Server, log *logger) {
	mode := "abort"
	if s.shutdownTimeout > 0 {
		mode = "drain"
	}
	log.info("[shutdown] API server: shutdown triggered mode=%s timeout=%ds", mode, int(s.shutdownTimeout.Seconds()))
	e.Drain(s.shutdownTimeout)
	log.info("[shutdown] API server: engine stopped")
	closeServer(server)
}

// closeServer lets finished responses reach their clients.
func closeServer(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}

// arm prepares the faults of a running engine. It closes the channel when a fault must end the
// process.
func arm(ctx context.Context, fault faults.Fault, e *engine.Engine, log *logger) <-chan struct{} {
	died := make(chan struct{})
	var once sync.Once
	strike := func() {
		once.Do(func() {
			log.engineError("VLLMSIM_FAULT: %s", fault.Kind)
			if fault.Kind == faults.Hang {
				e.Hang()
				return
			}
			e.Die()
			time.AfterFunc(watchdog, func() { close(died) })
		})
	}
	if fault.Kind != faults.Hang && fault.Kind != faults.Crash {
		return died
	}
	if fault.After > 0 {
		timer := time.AfterFunc(fault.After, strike)
		context.AfterFunc(ctx, func() { timer.Stop() })
		return died
	}
	e.OnAccept(func(accepted int) {
		if accepted == max(1, fault.Requests) {
			strike()
		}
	})
	return died
}

// cacheConfig returns the labels of vllm:cache_config_info.
func cacheConfig(s *settings) map[string]string {
	d := s.deployment
	labels := metrics.Cache(s.engine.Blocks, s.engine.BlockSize, d.Utilization, d.KVCacheDType)
	labels["kv_cache_size_tokens"] = strconv.Itoa(s.memory.Tokens)
	if d.Blocks > 0 {
		labels["num_gpu_blocks_override"] = strconv.Itoa(d.Blocks)
	}
	if d.KVCacheBytes > 0 {
		labels["kv_cache_memory_bytes"] = strconv.FormatInt(d.KVCacheBytes, 10)
	}
	return labels
}

func apiConfig(s *settings, e *engine.Engine, m *metrics.Metrics) api.Config {
	c := api.Config{
		Engine: e, Metrics: m,
		Names: s.names, Root: s.model, MaxModelLen: s.maxModelLen, Adapters: s.lora.adapters,
		Keys: s.keys, RootPath: s.rootPath, StreamInterval: s.streamInterval, MaxN: s.maxN, MaxQueued: s.maxQueued,
		ResponseRole: s.responseRole, AutoToolChoice: s.autoToolChoice, ForceUsage: s.forceUsage, RequestIDHeaders: s.requestIDHeaders, TrackLoad: s.trackLoad,
		Version: version, Fingerprint: fingerprint(s), Quiet: s.quiet,
	}
	if s.accessLog {
		c.AccessLog = stdlog.New(os.Stdout, fmt.Sprintf("(APIServer pid=%d) INFO:     ", os.Getpid()), 0)
	}
	return c
}

// fingerprint returns a string in the format of vLLM's: release, parallelism, hash.
func fingerprint(s *settings) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(s.model, s.maxModelLen, s.engine)))
	parallel := ""
	if s.deployment.TensorParallel > 1 {
		parallel = fmt.Sprintf("-tp%d", s.deployment.TensorParallel)
	}
	return "vllm-" + version + parallel + "-" + hex.EncodeToString(sum[:4])
}
