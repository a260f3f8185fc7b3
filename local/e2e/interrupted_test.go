//go:build cluster

package e2e

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A machine that dies in the middle of an update leaves a locked stack with
// pending operations. The next update converges.
func TestAKilledUpdateConverges(t *testing.T) {
	const namespace = "e2e-killed"
	config := strings.ReplaceAll(twoModels(mistral, qwen), testSpace, namespace)
	s := newStack(t, config)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := s.command(ctx, "up", "--yes", "--skip-preview", "--stack="+stackName)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // plugins and program die with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the first Deployment", time.Minute, func() bool {
		out, err := tryKubectl("--namespace="+namespace, "get", "deployments", "--output=name")
		return err == nil && strings.Contains(out, "deployment")
	})
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the update was not killed")
	}
	s.pulumi("cancel", "--yes", "--stack="+stackName)
	s.up()
	if changes := s.preview(); len(changes) != 0 {
		t.Errorf("preview after converging: %v", changes)
	}
	if ready := kubectl(t, "--namespace="+namespace, "get", "deployments", "--output=jsonpath={.items[*].status.readyReplicas}"); ready != "1 1" {
		t.Errorf("ready replicas: %q", ready)
	}
}
