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
	"time"

	"github.com/vllm-eks/vllm-eks/local/image"
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

// deploy runs `pulumi up`; its own display is the progress.
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
	// Pulumi takes a first interrupt for "finish what is under way", and a
	// second for "stop at once": it must not get the terminal's as well as ours.
	detach(cmd)
	interruptOrphan(cmd)
	runtime.LockOSThread() // as that asks for
	defer runtime.UnlockOSThread()
	cmd.WaitDelay = 2 * time.Minute
	if err := cmd.Run(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("pulumi up: %w", err))
	}
	return nil
}

// selectStack creates the stack where there is none yet.
func (e engine) selectStack(ctx context.Context) error {
	out, err := e.pulumi(ctx, "stack", "select", "--create", "--non-interactive", "--stack="+e.stack).CombinedOutput()
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("pulumi stack select: %w\n%s", err, out))
	}
	return nil
}

// refresh has Pulumi forget objects that are gone, such as those of a namespace
// that was deleted by hand, so that the update creates them again. It takes about
// a second, and prints only what goes wrong.
func (e engine) refresh(ctx context.Context) error {
	out, err := e.pulumi(ctx, "refresh", "--yes", "--skip-preview", "--non-interactive", "--stack="+e.stack).CombinedOutput()
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("pulumi refresh: %w\n%s", err, out))
	}
	return nil
}

// models reads the stack's output, by name.
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

// firstModel is the one that gets the first request.
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

// kubectl returns a command's output; what it says on failure is the error.
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
	// staticBash is Debian's bash that needs no libraries.
	staticBash = "bash-static"
	// imageBash is where vLLM's image has a bash, which the probe that finds a
	// hung engine runs.
	imageBash = "/bin/bash"
)

// simulatorContents is the simulator's image for a platform. It has a bash
// where this machine has one that runs there.
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

// imageArguments are the contents as `kube image` reads them.
func imageArguments(c image.Contents) []string {
	args := []string{c.Program}
	for _, path := range slices.Sorted(maps.Keys(c.Others)) {
		args = append(args, path+"="+c.Others[path])
	}
	return args
}

// noBash says what an image without bash cannot do; "" where it has one.
func noBash(c image.Contents, p platform) string {
	switch {
	case c.Others[imageBash] != "":
		return ""
	case p.os != runtime.GOOS || p.arch != runtime.GOARCH:
		return "the simulator is pushed without " + imageBash + ", as this machine has none for " + p.os + "/" + p.arch + ": leave lifecycle.hungSeconds out"
	}
	return "the simulator is pushed without " + imageBash + ", as " + staticBash + " is not installed here: install it, or leave lifecycle.hungSeconds out"
}
