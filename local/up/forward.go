package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/orphan"
)

// showForwardedToken sends the first completion through a port-forward, because this machine
// may not reach the cluster's Services. It returns the text about the next steps.
func (e engine) showForwardedToken(ctx context.Context, p *progress, began time.Time) (string, error) {
	models, err := e.models(ctx)
	if err != nil {
		return "", err
	}
	m, err := firstModel(models)
	if err != nil {
		return "", err
	}
	key, err := e.apiKey(ctx, m)
	if err != nil {
		return "", err
	}
	runtime.LockOSThread() // startForward requires it
	defer runtime.UnlockOSThread()
	address, end, err := e.forward(ctx, endpoint{m.Namespace, m.Service, m.Port})
	if err != nil {
		return "", err
	}
	defer end()
	if err := tellFirstToken(ctx, p, began, "http://"+address, key, m); err != nil {
		return "", err
	}
	return nextOwnSteps(e.options.layout, e.options.targetKubeconfig, e.context, m, key != ""), nil
}

// forward opens a port-forward to a Service on a free port of this machine.
func (e engine) forward(ctx context.Context, service endpoint) (address string, end func(), err error) {
	f, err := e.startForward(ctx, service, "")
	if err != nil {
		return "", nil, err
	}
	return f.address, f.end, nil
}

// forwarding is a running port-forward.
type forwarding struct {
	// address is HOST:PORT on this machine.
	address string
	// ended is closed when kubectl ended.
	ended chan struct{}
	stop  func()
}

// end ends the port-forward, and waits until it has ended.
func (f forwarding) end() {
	f.stop()
	<-f.ended
}

// startForward opens a port-forward to a Service on a port of this machine; empty: a free port.
// The thread of the caller must live as long as the port-forward, which ends with this process.
func (e engine) startForward(ctx context.Context, service endpoint, port string) (forwarding, error) {
	cmd := e.kubectlCommand(ctx, "--namespace="+service.namespace, "port-forward", "--address=127.0.0.1", "service/"+service.service, fmt.Sprintf("%s:%d", port, service.port))
	orphan.Signal(cmd, syscall.SIGTERM)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return forwarding{}, err
	}
	if err := cmd.Start(); err != nil {
		return forwarding{}, err
	}
	f := forwarding{ended: make(chan struct{}), stop: func() { _ = cmd.Process.Kill() }}
	reader := bufio.NewReader(stdout)
	line, err := reader.ReadString('\n') // Forwarding from 127.0.0.1:PORT -> 8000
	go func() {
		_, _ = io.Copy(io.Discard, reader) // a line for each connection
		_ = cmd.Wait()                     // it was killed, or lost its pod
		close(f.ended)
	}()
	address, _, found := strings.Cut(strings.TrimPrefix(line, "Forwarding from "), " ")
	if err != nil || !found {
		f.end()
		output := strings.TrimSpace(line + stderr.String())
		return forwarding{}, errors.Join(ctx.Err(), fmt.Errorf("kubectl port-forward: %s", output))
	}
	f.address = address
	return f, nil
}

// keepForward opens a port-forward like forward. A while after it ended, such as with its pod,
// it opens it again on the same port. It ends with the context and with end.
func (e engine) keepForward(ctx context.Context, service endpoint, pause time.Duration) (forwarding, error) {
	current, err := e.startForward(ctx, service, "")
	if err != nil {
		return forwarding{}, err
	}
	_, port, err := net.SplitHostPort(current.address)
	if err != nil {
		current.end()
		return forwarding{}, fmt.Errorf("kubectl port-forward: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	kept := forwarding{address: current.address, ended: make(chan struct{}), stop: cancel}
	go func() {
		defer close(kept.ended)
		runtime.LockOSThread() // startForward requires it
		defer runtime.UnlockOSThread()
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-current.ended:
				current = e.reopen(ctx, service, port, pause, current)
			}
		}
		current.end()
	}()
	return kept, nil
}

// reopen returns a port-forward in the place of one that ended. If it fails, it returns the one
// that ended.
func (e engine) reopen(ctx context.Context, service endpoint, port string, pause time.Duration, ended forwarding) forwarding {
	select {
	case <-ctx.Done():
		return ended
	case <-time.After(pause):
	}
	if next, err := e.startForward(ctx, service, port); err == nil {
		return next
	}
	return ended
}

func nextOwnSteps(l layout.Layout, kubeconfig, context string, m model, hasKey bool) string {
	return fmt.Sprintf(`
  forward    kubectl --kubeconfig=%[1]s --context=%[2]s -n %[3]s port-forward svc/%[4]s %[5]d:%[5]d
             curl%[6]s http://localhost:%[5]d/v1/models
  shell      %[7]s
  try next   there, change the model in Pulumi.%[8]s.yaml, then: pulumi preview --diff --stack %[8]s
  secrets    there: pulumi config set --secret vllm-eks:huggingFaceToken --stack %[8]s
  remove     there: pulumi destroy --stack %[8]s
`, shellQuote(kubeconfig), shellQuote(context), m.Namespace, m.Service, m.Port, authorization(hasKey), ownShell(l), ownStack)
}

// authorization returns the arguments of curl for a replica with an API key.
func authorization(hasKey bool) string {
	if !hasKey {
		return ""
	}
	return " -H 'Authorization: Bearer …'"
}
