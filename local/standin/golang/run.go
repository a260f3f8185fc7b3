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

	"github.com/vllm-eks/vllm-eks/local/orphan"
)

// stopGrace bounds the time in which a cancelled program may end by itself.
const stopGrace = 5 * time.Second

// Run builds and runs a program. If the program reported its error through the engine, Run does
// not report it again (a "bail"). It reports every other error.
func (h *languageHost) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	ctx, done := h.operation(ctx)
	defer done()
	// A lost message is not an error.
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
	// The engine shows the output of this process.
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	orphan.Signal(command, syscall.SIGKILL) // without its host, a program would wait forever
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

// environment returns the variables with which the Go SDK finds its stack and engine.
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
