package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"syscall"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/orphan"
)

// pluginStream receives a plug-in's output.
type pluginStream = pulumirpc.LanguageRuntime_RunPluginServer

// RunPlugin builds and runs a plug-in in Go, such as a provider with a PulumiPlugin.yaml, and
// sends its output until it ends.
func (h *languageHost) RunPlugin(req *pulumirpc.RunPluginRequest, stream pluginStream) error {
	ctx, done := h.operation(stream.Context())
	defer done()
	path, err := program(ctx, req.GetInfo())
	if err != nil {
		return err
	}
	var lock sync.Mutex // a stream takes one message at a time
	send := func(message *pulumirpc.RunPluginResponse) error {
		lock.Lock()
		defer lock.Unlock()
		return stream.Send(message)
	}
	command := exec.CommandContext(ctx, path, req.GetArgs()...)
	command.Dir = req.GetPwd()
	command.Env = req.GetEnv()
	command.Stdout = writer(func(content []byte) error {
		return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: content}})
	})
	command.Stderr = writer(func(content []byte) error {
		return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: content}})
	})
	orphan.Signal(command, syscall.SIGKILL) // without its host, a program would wait forever
	command.WaitDelay = stopGrace
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	code, err := exitCode(ctx, path, command.Run())
	if err != nil {
		return err
	}
	return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: code}})
}

// exitCode returns the exit status of a plug-in. If the engine ends a plug-in, that is not an
// error.
func exitCode(ctx context.Context, path string, err error) (int32, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case ctx.Err() != nil: // the engine ended it
		return 0, nil //nolint:nilerr // expected
	case errors.As(err, &exit):
		return int32(exit.ExitCode()), nil //nolint:gosec // a status has eight bits
	default:
		return 0, fmt.Errorf("cannot run %s: %w", path, err)
	}
}

// writer is a function that receives written content.
type writer func([]byte) error

// Write calls the function.
func (w writer) Write(content []byte) (int, error) {
	if err := w(content); err != nil {
		return 0, err
	}
	return len(content), nil
}
