package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/vllm-eks/vllm-eks/local/image"
	"github.com/vllm-eks/vllm-eks/local/orphan"
)

const localStack = "local"

// model is one entry of the stack output `models`.
type model struct {
	Namespace       string `json:"namespace"`
	Service         string `json:"service"`
	Port            int    `json:"port"`
	URL             string `json:"url"`
	ServedModelName string `json:"servedModelName"`
	APIKeySecret    string `json:"apiKeySecret"`
}

// deploy runs `pulumi up`, which shows its own progress.
func (e engine) deploy(ctx context.Context) error {
	if err := e.selectStack(ctx); err != nil {
		return err
	}
	if err := e.unlock(ctx, lockPatience); err != nil {
		return err
	}
	if err := e.refresh(ctx); err != nil {
		return err
	}
	cmd := e.pulumi(ctx, "up", "--yes", "--skip-preview", "--stack="+e.stack)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	// On a first interrupt Pulumi finishes the steps in progress, on a second it stops
	// at once. So it must not get the terminal's interrupt besides this process'.
	detach(cmd)
	orphan.Signal(cmd, syscall.SIGINT)
	runtime.LockOSThread() // orphan.Signal requires it
	defer runtime.UnlockOSThread()
	cmd.WaitDelay = 2 * time.Minute
	if err := cmd.Run(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("pulumi up: %w", err))
	}
	return nil
}

// selectStack selects the stack, and creates it if it does not exist.
func (e engine) selectStack(ctx context.Context) error {
	out, err := e.pulumi(ctx, "stack", "select", "--create", "--non-interactive", "--stack="+e.stack).CombinedOutput()
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("pulumi stack select: %w\n%s", err, out))
	}
	return nil
}

// refresh makes Pulumi forget deleted objects, such as those of a namespace that was deleted
// with kubectl. The update then creates them again. It takes about a second and prints only
// errors.
func (e engine) refresh(ctx context.Context) error {
	out, err := e.pulumi(ctx, "refresh", "--yes", "--skip-preview", "--non-interactive", "--stack="+e.stack).CombinedOutput()
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("pulumi refresh: %w\n%s", err, out))
	}
	return nil
}

// models returns the stack's output `models`, by name.
func (e engine) models(ctx context.Context) (map[string]model, error) {
	out, err := e.pulumi(ctx, "stack", "output", "models", "--json", "--stack="+e.stack).Output()
	if err != nil {
		return nil, fmt.Errorf("pulumi stack output models: %w", err)
	}
	var models map[string]model
	if err := json.Unmarshal(out, &models); err != nil {
		return nil, fmt.Errorf("stack output models: %w", err)
	}
	return models, nil
}

// firstModel returns the model with the first name. The first request goes to it.
func firstModel(models map[string]model) (model, error) {
	if len(models) == 0 {
		return model{}, errors.New("the stack has no models; add one to its configuration (models)")
	}
	names := make([]string, 0, len(models))
	for name := range models {
		names = append(names, name)
	}
	return models[slices.Min(names)], nil
}

// kubectl returns a command's output. The error holds its error output.
func (e engine) kubectl(ctx context.Context, args ...string) (string, error) {
	cmd := e.kubectlCommand(ctx, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", errors.Join(ctx.Err(), fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, stderr.String()))
	}
	return string(out), nil
}

func (e engine) kubectlCommand(ctx context.Context, args ...string) *exec.Cmd {
	if e.context != "" {
		args = append([]string{"--context=" + e.context}, args...)
	}
	return e.command(ctx, "kubectl", args...)
}

const (
	// staticBash is Debian's statically linked bash.
	staticBash = "bash-static"
	// imageBash is the path of bash in vLLM's image. The probe that finds a hung
	// replica runs it.
	imageBash = "/bin/bash"
)

// simulatorContents returns the contents of the simulator's image for a platform. They include
// bash if this machine has one for that platform.
func simulatorContents(program string, p platform) image.Contents {
	c := image.Contents{Program: program, Others: map[string]string{}}
	if p != (platform{runtime.GOOS, runtime.GOARCH}) {
		return c
	}
	if bash, err := exec.LookPath(staticBash); err == nil {
		c.Others[imageBash] = bash
	}
	return c
}

// imageArguments returns the contents as arguments of `kube image`.
func imageArguments(c image.Contents) []string {
	args := []string{c.Program}
	for _, path := range slices.Sorted(maps.Keys(c.Others)) {
		args = append(args, path+"="+c.Others[path])
	}
	return args
}

// noBash returns a warning about an image without bash; "" if it has bash.
func noBash(c image.Contents, p platform) string {
	switch {
	case c.Others[imageBash] != "":
		return ""
	case p.os != runtime.GOOS || p.arch != runtime.GOARCH:
		return "lifecycle.hungSeconds: the simulator's image has no " + imageBash + ", because this machine has none for " + p.os + "/" + p.arch + "; leave the key out"
	}
	return "lifecycle.hungSeconds: the simulator's image has no " + imageBash + ", because the package " + staticBash + " is not installed here; install it, or leave the key out"
}
