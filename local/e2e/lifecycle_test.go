//go:build lifecycle

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// TestLifecycle runs the Makefile's commands like a new user, until make down. It removes
// the local environment of this checkout, so it has its own build tag, and runs only if
// none was in use.
func TestLifecycle(t *testing.T) {
	l := checkout(t)
	t.Cleanup(func() {
		if out, err := makeCommand(l, "down"); err != nil {
			t.Errorf("make down: %v\n%s", err, out)
		}
	})
	mustMake(t, l, "stop") // earlier tests have built and started everything
	before := takeInventory(t)
	out := mustMake(t, l, "up")
	if !strings.Contains(out, "First token ") {
		t.Fatalf("make up:\n%s", out)
	}
	t.Run("nothing listens outside the cluster", func(t *testing.T) { before.expectNoListeners(t) })
	t.Run("again, nothing changes", func(t *testing.T) {
		if out := mustMake(t, l, "up"); !strings.Contains(out, "unchanged") || strings.Contains(out, "updated") || strings.Contains(out, "created") {
			t.Errorf("make up:\n%s", out)
		}
	})
	for _, parts := range killedTogether() {
		t.Run("continues after kill -9 of "+strings.Join(parts, " "), func(t *testing.T) {
			for _, part := range parts {
				killPart(t, l, part)
			}
			if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
				t.Errorf("make up:\n%s", out)
			}
			mustMake(t, l, "status")
		})
	}
	t.Run("continues after a stop", func(t *testing.T) {
		mustMake(t, l, "stop")
		if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
			t.Errorf("make up:\n%s", out)
		}
	})
	t.Run("continues after a reboot", func(t *testing.T) {
		switchOff(t, l)
		if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
			t.Errorf("make up:\n%s", out)
		}
	})
	for _, gone := range []string{"namespace/inference", "--namespace=inference deployment/mistral-7b"} {
		t.Run("creates again "+gone, func(t *testing.T) {
			ownKubectl(t, l, append([]string{"delete"}, strings.Fields(gone)...)...)
			if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
				t.Errorf("make up:\n%s", out)
			}
		})
	}
	t.Run("changes the node's size", func(t *testing.T) {
		mustMake(t, l, "up", "GPUS=11", "MAX_PODS=121")
		got := ownKubectl(t, l, "get", "nodes", `--output=jsonpath={.items[0].status.allocatable.nvidia\.com/gpu} {.items[0].status.allocatable.pods}`)
		if got != "11 121" {
			t.Errorf("the node has %q", got)
		}
	})
	t.Run("logs", func(t *testing.T) {
		if out := mustMake(t, l, "logs"); !strings.Contains(out, "SIMULATED") {
			t.Errorf("make logs:\n%s", out)
		}
		if out := mustMake(t, l, "logs", "PART=supervisor"); !strings.Contains(out, "nvidia.com/gpu") {
			t.Errorf("make logs PART=supervisor:\n%s", out)
		}
		if out, err := makeCommand(l, "logs", "PART=nothing"); err == nil || !strings.Contains(out, "want one of: ") {
			t.Errorf("make logs PART=nothing: %v\n%s", err, out)
		}
	})
	t.Run("continues after a killed update", func(t *testing.T) { testKilledUpdate(t, l) })
	t.Run("continues after Ctrl-C", func(t *testing.T) { testInterruptedUpdate(t, l) })
	t.Run("another checkout changes nothing", func(t *testing.T) { testSecondCheckout(t, l) })
	t.Run("deploys to an existing cluster", func(t *testing.T) { testTargetKubeconfig(t, l) })
	t.Run("refuses to start beside another kubelet", func(t *testing.T) { testOtherKubelet(t, l) })
	t.Run("down leaves nothing", func(t *testing.T) {
		mustMake(t, l, "down")
		before.expectNothingLeft(t, l)
		if out := mustMake(t, l, "down"); !strings.Contains(out, "Removed") {
			t.Errorf("a second make down:\n%s", out)
		}
	})
}

// killedTogether returns groups of parts to kill at once. The long tests kill each part alone,
// which takes minutes more.
func killedTogether() [][]string {
	programs := []string{"etcd", "containerd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"}
	groups := [][]string{programs, {"supervisor"}, {"vllmsim"}}
	if os.Getenv("E2E_EACH_PART") != "" {
		for _, program := range programs {
			groups = append(groups, []string{program})
		}
	}
	return groups
}

func makeCommand(l layout.Layout, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "make", append([]string{"--no-print-directory", "-C", l.Root}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 10 * time.Second // a process that make started may keep its output open
	err := cmd.Run()
	return out.String(), errors.Join(err, ctx.Err())
}

func mustMake(t *testing.T, l layout.Layout, args ...string) string {
	t.Helper()
	out, err := makeCommand(l, args...)
	if err != nil {
		t.Fatalf("make %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// ownKubectl runs kubectl on this checkout's cluster.
func ownKubectl(t *testing.T, l layout.Layout, args ...string) string {
	t.Helper()
	out, err := tryOwnKubectl(l, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryOwnKubectl(l layout.Layout, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, l.Bin("kubectl"), append([]string{"--kubeconfig=" + l.Kubeconfig()}, args...)...).CombinedOutput()
	return string(out), err
}

// environment returns the environment of `eval "$(make env)"`.
func environment(t *testing.T, l layout.Layout) []string {
	t.Helper()
	out, err := exec.Command("bash", "-c", `eval "$(make --no-print-directory -C "$0" env)" && env -0`, l.Root).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") // a value may have several lines
}

func pulumi(t *testing.T, l layout.Layout, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command(l.Bin("pulumi"), args...)
	cmd.Dir, cmd.Env = l.Root, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
