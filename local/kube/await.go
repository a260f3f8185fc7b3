package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

//go:embed manifests/cluster.yaml
var clusterManifests string

// startTimeout bounds the wait for each part of the cluster. A start takes about ten seconds;
// the rest is for a busy machine.
const startTimeout = 3 * time.Minute

// kubectl runs the cluster's own kubectl. The error holds the command's output.
func kubectl(ctx context.Context, l layout.Layout, stdin io.Reader, args ...string) error {
	cmd := exec.CommandContext(ctx, l.Bin("kubectl"), append([]string{"--kubeconfig=" + l.Kubeconfig()}, args...)...)
	cmd.Stdin = stdin
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// awaitKubectl repeats a command until it succeeds.
func awaitKubectl(ctx context.Context, l layout.Layout, args ...string) error {
	return poll(ctx, func() error { return kubectl(ctx, l, nil, append(args, "--request-timeout=5s")...) })
}

// awaitNode waits until the node is ready and has the requested GPUs and pods. The API may
// still show a status from before a restart, so the kubelet must have written it after since.
func awaitNode(ctx context.Context, l layout.Layout, o node.Options, since time.Time) error {
	if err := poll(ctx, func() error { return reportedSince(ctx, l, since) }); err != nil {
		return err
	}
	if err := kubectl(ctx, l, nil, "wait", "--for=condition=Ready", "node/"+layout.NodeName, "--timeout="+startTimeout.String()); err != nil {
		return err
	}
	for _, offer := range []string{
		`--for=jsonpath={.status.allocatable.nvidia\.com/gpu}=` + strconv.Itoa(o.GPUs),
		`--for=jsonpath={.status.allocatable.pods}=` + strconv.Itoa(o.MaxPods),
	} {
		if err := kubectl(ctx, l, nil, "wait", offer, "node/"+layout.NodeName, "--timeout="+startTimeout.String()); err != nil {
			return err
		}
	}
	return nil
}

// reportedSince returns an error unless the kubelet has written the node's status after since.
// The kubelet writes it when it starts.
func reportedSince(ctx context.Context, l layout.Layout, since time.Time) error {
	out, err := exec.CommandContext(ctx, l.Bin("kubectl"), "--kubeconfig="+l.Kubeconfig(), "get", "node", layout.NodeName,
		`--output=jsonpath={.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}`).Output()
	if err != nil {
		return fmt.Errorf("the node has not registered: %w", err)
	}
	renewed, err := time.Parse(time.RFC3339, string(out))
	if err != nil {
		return fmt.Errorf("the node's status: %w", err)
	}
	if renewed.Before(since.Truncate(time.Second)) {
		return errors.New("the node has not reported since its start")
	}
	return nil
}

func applyManifests(ctx context.Context, l layout.Layout) error {
	return poll(ctx, func() error { // the default namespaces appear a moment after the API server
		return kubectl(ctx, l, strings.NewReader(clusterManifests), "apply", "--server-side", "--force-conflicts", "--field-manager=vllm-eks-kube", "--filename=-")
	})
}

func awaitCtr(ctx context.Context, l layout.Layout) error {
	return poll(ctx, func() error {
		out, err := exec.CommandContext(ctx, "ctr", "--address", l.ContainerdSocket(), "--connect-timeout=2s", "version").CombinedOutput()
		if err != nil {
			return fmt.Errorf("containerd does not answer: %w\n%s", err, out)
		}
		return nil
	})
}

// poll calls try until it succeeds, ctx ends or startTimeout is over. Then it returns the last
// error.
func poll(ctx context.Context, try func() error) error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
