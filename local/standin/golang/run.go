package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// stopGrace is how long a cancelled program may take to end by itself.
const stopGrace = 5 * time.Second

// Run builds and runs a program. What the program reported to the user itself,
// through the engine, is not reported again (a "bail"); any other failure is.
func (h *languageHost) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	ctx, done := h.operation(ctx)
	defer done()
	// A lost log line is no reason to fail the run.
	_ = h.engine.Log(ctx, diag.Info, "", announcement)
	path, err := program(ctx, req.GetInfo())
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	environment, err := h.environment(req)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, path, req.GetArgs()...)
	command.Dir = req.GetPwd()
	command.Env = environment
	// The engine shows what comes out of this process.
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	endWithHost(command)
	command.WaitDelay = stopGrace
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	return outcome(ctx, path, command.Run()), nil
}

func outcome(ctx context.Context, path string, err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case ctx.Err() != nil:
		return &pulumirpc.RunResponse{Error: "the program was cancelled"}
	case errors.As(err, &exit) && exit.ExitCode() == constant.ExitStatusLoggedError:
		return &pulumirpc.RunResponse{Bail: true}
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with %v; its own messages are above", exit)}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("cannot run %s: %v", path, err)}
	}
}

// environment is how the Go SDK learns about the stack that it runs for.
func (h *languageHost) environment(req *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(nonNil(req.GetConfig()))
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, req.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	return append(os.Environ(),
		pulumi.EnvOrganization+"="+req.GetOrganization(),
		pulumi.EnvProject+"="+req.GetProject(),
		pulumi.EnvStack+"="+req.GetStack(),
		pulumi.EnvPulumiRootDirectory+"="+req.GetInfo().GetRootDirectory(),
		pulumi.EnvConfig+"="+string(config),
		pulumi.EnvConfigSecretKeys+"="+string(secretKeys),
		pulumi.EnvDryRun+"="+strconv.FormatBool(req.GetDryRun()),
		pulumi.EnvParallel+"="+strconv.Itoa(int(req.GetParallel())),
		pulumi.EnvMonitor+"="+req.GetMonitorAddress(),
		pulumi.EnvEngine+"="+h.engineAddress,
	), nil
}

func nonNil(config map[string]string) map[string]string {
	if config == nil {
		return map[string]string{}
	}
	return config
}
