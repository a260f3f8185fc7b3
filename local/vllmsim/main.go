package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
)

// Exit statuses of vLLM's process.
const (
	exitFailed = 1
	exitUsage  = 2
)

// memoryTarget keeps fifty replicas small. Near it the garbage collector works more, and heavy
// load may exceed it.
const memoryTarget = 64 << 20

func main() {
	// The steps are sequential. Threads that wake each other took a quarter of the
	// time: a step took 0.54 ms with two threads, and 0.39 ms with one.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(memoryTarget)
	os.Exit(run(os.Args[1:], os.Getenv))
}

func run(arguments []string, env environ) int {
	args, err := vllmflags.Parse(arguments)
	switch {
	case errors.Is(err, vllmflags.ErrHelp):
		fmt.Println("usage: vllm serve [model_tag] [options]\n\nThis is vllmsim, a SIMULATED engine with the arguments of vLLM " + version + ".")
		return 0
	case err != nil:
		fmt.Fprintln(os.Stderr, usage(err))
		return exitUsage
	}
	log := newLogger(os.Stdout)
	for _, warning := range args.Warnings {
		log.warn("%s", warning)
	}
	s, err := newSettings(args, env)
	var wrong usageError
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintln(os.Stderr, usage(err))
		return exitUsage
	case err != nil:
		report(log, err)
		return exitFailed
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := serve(ctx, s, log); err != nil {
		report(log, err)
		return exitFailed
	}
	return 0
}

// usageError is an error that argparse reports.
type usageError string

func (e usageError) Error() string { return string(e) }

// usage returns argparse's output: the error of the sub-command, or of the command for unknown
// arguments.
func usage(err error) string {
	const left = "unrecognized arguments: "
	if text := err.Error(); len(text) >= len(left) && text[:len(left)] == left {
		return "usage: vllm [-h] [-v] {chat,complete,serve,launch,bench,collect-env,run-batch,preload} ...\nvllm: error: " + text
	}
	return "usage: vllm serve [model_tag] [options]\nvllm serve: error: " + err.Error()
}

// report logs the error that ends the process: vLLM's own errors like its engine, and the
// simulator's errors as its own.
func report(log *logger, err error) {
	var fromEngine hardware.EngineError
	if errors.As(err, &fromEngine) {
		log.engineError("EngineCore failed to start.\n%v", err)
		return
	}
	log.engineError("vllmsim: %v", err)
}
