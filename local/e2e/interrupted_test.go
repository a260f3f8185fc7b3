//go:build cluster

package e2e

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledUpdate kills an update, which leaves a locked stack with pending operations.
// The next update repairs the stack, and the one after changes nothing.
func TestKilledUpdate(t *testing.T) {
	t.Parallel()
	const namespace = "e2e-killed"
	config := strings.ReplaceAll(twoModels(mistral, qwen), testSpace, namespace)
	s := newStack(t, config)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := s.command(ctx, "up", "--yes", "--skip-preview", "--stack="+stackName)
	// The engine's process group dies at once. Plugins may have their own groups; they
	// end when they notice that their engine has ended.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the first Deployment", 2*time.Minute, func() bool {
		out, err := tryKubectl("--namespace="+namespace, "get", "deployments", "--output=name")
		return err == nil && strings.Contains(out, "deployment")
	})
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the update was not killed")
	}
	// The command of docs/aws.md.
	s.pulumi("cancel", "--yes", "--stack="+stackName)
	s.pulumi("refresh", "--yes", "--clear-pending-creates", "--stack="+stackName)
	s.up()
	if changes := s.preview(); len(changes) != 0 {
		t.Errorf("preview after converging: %v", changes)
	}
	if ready := kubectl(t, "--namespace="+namespace, "get", "deployments", "--output=jsonpath={.items[*].status.readyReplicas}"); ready != "1 1" {
		t.Errorf("ready replicas: %q", ready)
	}
	t.Run("what the killed update applied can be changed", func(t *testing.T) {
		edited := modelEntry("mistral-7b", "mistralai/Mistral-7B-Instruct-v0.3")
		s.configure(strings.ReplaceAll(twoModels(edited, qwen), testSpace, namespace))
		if out := s.up(); !strings.Contains(out, "1 updated") || strings.Contains(strings.ToLower(out), "conflict") {
			t.Errorf("pulumi up:\n%s", out)
		}
		arguments := kubectl(t, "--namespace="+namespace, "get", "deployment", "mistral-7b", "--output=jsonpath={.spec.template.spec.containers[0].args[0]}")
		if arguments != "mistralai/Mistral-7B-Instruct-v0.3" {
			t.Errorf("the replica serves %s", arguments)
		}
	})
	t.Run("nothing of the killed update is left", func(t *testing.T) {
		await(t, "the end of the plugins", 30*time.Second, func() bool {
			return len(processesWith(t, "PULUMI_BACKEND_URL=file://"+s.backend())) == 0
		})
	})
}
