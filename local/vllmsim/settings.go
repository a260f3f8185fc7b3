package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/faults"
	"github.com/vllm-eks/vllm-eks/sizing"
)

// version is the simulated release of vLLM.
const version = "0.33.0"

// settings are the result of flags and environment.
type settings struct {
	model       string
	names       []string
	host        string
	port        int
	maxModelLen int
	deployment  sizing.Engine
	memory      sizing.Memory
	shapeKnown  bool // the catalogue has the model
	engine      engine.Config
	lora        lora
	load        time.Duration
	scale       float64 // divides all simulated times
	fault       faults.Fault

	keys            []string
	rootPath        string
	traces          string // URL of a collector
	streamInterval  int
	maxN            int
	maxQueued       int
	responseRole    string
	shutdownTimeout time.Duration

	autoToolChoice, forceUsage, requestIDHeaders, trackLoad bool
	accessLog                                               bool
	closeConnections                                        bool // by --middleware
	keepAlive                                               time.Duration
	quiet                                                   []string
}

// environ looks up a variable. An empty variable counts as not set.
type environ func(name string) string

func (e environ) number(name string, otherwise float64) (float64, error) {
	text := e(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s=%q is not a number from 0 up", name, text)
	}
	return n, nil
}

func (e environ) positive(name string, otherwise float64) (float64, error) {
	n, err := e.number(name, otherwise)
	if err == nil && n == 0 {
		return 0, fmt.Errorf("%s must be above 0", name)
	}
	return n, err
}

// newSettings combines arguments and environment. A hardware.EngineError is an error with which
// vLLM itself would end.
func newSettings(args *vllmflags.Args, env environ) (*settings, error) {
	s := &settings{model: args.Model, names: args.Strings("--served-model-name")}
	if len(s.names) == 0 {
		s.names = []string{s.model}
	}
	s.readServer(args, env)
	var err error
	if s.lora, err = readLoRA(args, s.names); err != nil {
		return nil, err
	}
	if err := s.readSimulation(env); err != nil {
		return nil, err
	}
	if s.closeConnections, err = readMiddleware(args, env); err != nil {
		return nil, err
	}
	if err := checkWeights(s.model, args); err != nil {
		return nil, err
	}
	if err := s.readDeployment(args, env); err != nil {
		return nil, err
	}
	return s, s.sizeEngine(args)
}

func (s *settings) readServer(args *vllmflags.Args, env environ) {
	integer := func(flag string, otherwise int) int {
		if n, ok := args.Int(flag); ok {
			return int(n)
		}
		return otherwise
	}
	isSet := func(flag string) bool {
		value, _ := args.Bool(flag)
		return value
	}
	s.host, _ = args.String("--host")
	s.port = integer("--port", 8000)
	s.rootPath, _ = args.String("--root-path")
	s.traces, _ = args.String("--otlp-traces-endpoint")
	s.streamInterval = integer("--stream-interval", 1)
	s.maxQueued = integer("--max-num-queued-reqs", 0)
	s.shutdownTimeout = time.Duration(integer("--shutdown-timeout", 0)) * time.Second
	s.responseRole = "assistant"
	if role, ok := args.String("--response-role"); ok {
		s.responseRole = role
	}
	s.autoToolChoice = isSet("--enable-auto-tool-choice")
	s.forceUsage = isSet("--enable-force-include-usage")
	s.requestIDHeaders = isSet("--enable-request-id-headers")
	s.trackLoad = isSet("--enable-server-load-tracking")
	s.accessLog = !isSet("--disable-uvicorn-access-log")
	if quiet, ok := args.String("--disable-access-log-for-endpoints"); ok {
		for _, path := range strings.Split(quiet, ",") {
			s.quiet = append(s.quiet, strings.TrimSpace(path))
		}
	}
	s.keys = args.Strings("--api-key")
	if key := env("VLLM_API_KEY"); len(s.keys) == 0 && key != "" {
		s.keys = []string{key}
	}
	s.keys = slices.DeleteFunc(s.keys, func(key string) bool { return key == "" })
}

func (s *settings) readSimulation(env environ) error {
	load, errLoad := env.number("VLLMSIM_LOAD_SECONDS", 5)
	scale, errScale := env.positive("VLLMSIM_TIME_SCALE", 1)
	maxN, errMaxN := env.positive("VLLM_MAX_N_SEQUENCES", 16384)
	keepAlive, errKeepAlive := env.number("VLLM_HTTP_TIMEOUT_KEEP_ALIVE", keepAliveSeconds)
	fault, errFault := faults.ForModel(env("VLLMSIM_FAULT"), env("VLLMSIM_FAULT_MODELS"), s.model)
	if err := errors.Join(errLoad, errScale, errMaxN, errKeepAlive, errFault); err != nil {
		return err
	}
	s.keepAlive = time.Duration(keepAlive * float64(time.Second))
	s.maxN, s.fault = int(maxN), fault
	s.load = time.Duration(load * float64(time.Second))
	if fault.Kind == faults.SlowLoad {
		s.load = fault.After
	}
	s.load, s.scale = scaled(s.load, scale), scale
	return nil
}

func scaled(d time.Duration, scale float64) time.Duration {
	return time.Duration(float64(d) / scale)
}
