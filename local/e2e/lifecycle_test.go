//go:build lifecycle

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// The commands of the Makefile, from nothing to nothing, as a newcomer runs
// them. This removes the local environment of this checkout, so it has a
// build tag of its own and runs only where none was in use.
func TestLifecycle(t *testing.T) {
	l := checkout(t)
	t.Cleanup(func() {
		if out, err := makeCommand(l, "down"); err != nil {
			t.Errorf("make down: %v\n%s", err, out)
		}
	})
	out := mustMake(t, l, "up")
	if !strings.Contains(out, "First token ") {
		t.Fatalf("make up:\n%s", out)
	}
	t.Run("again, nothing changes", func(t *testing.T) {
		if out := mustMake(t, l, "up"); !strings.Contains(out, "unchanged") || strings.Contains(out, "updated") || strings.Contains(out, "created") {
			t.Errorf("make up:\n%s", out)
		}
	})
	for _, part := range []string{
		"etcd", "containerd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "supervisor", "vllmsim",
	} {
		t.Run("heals after kill -9 of "+part, func(t *testing.T) {
			killPart(t, l, part)
			if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
				t.Errorf("make up:\n%s", out)
			}
			mustMake(t, l, "status")
		})
	}
	t.Run("goes on after a stop", func(t *testing.T) {
		mustMake(t, l, "stop")
		if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
			t.Errorf("make up:\n%s", out)
		}
	})
	t.Run("goes on after a reboot", func(t *testing.T) {
		switchOff(t, l)
		if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
			t.Errorf("make up:\n%s", out)
		}
	})
	t.Run("takes another size of the node", func(t *testing.T) {
		mustMake(t, l, "up", "GPUS=11", "MAX_PODS=121")
		got, err := exec.Command(l.Bin("kubectl"), "--kubeconfig="+l.Kubeconfig(), "get", "nodes",
			`--output=jsonpath={.items[0].status.allocatable.nvidia\.com/gpu} {.items[0].status.allocatable.pods}`).Output()
		if err != nil || string(got) != "11 121" {
			t.Errorf("the node offers %q, %v", got, err)
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
	t.Run("goes on after an interrupted update", func(t *testing.T) { testInterruptedUpdate(t, l) })
	t.Run("deploys to a cluster that is there", func(t *testing.T) { testTargetKubeconfig(t, l) })
	t.Run("refuses to start beside another kubelet", func(t *testing.T) { testOtherKubelet(t, l) })
	t.Run("down leaves nothing", func(t *testing.T) {
		mustMake(t, l, "down")
		checkNothingLeft(t, l)
		if out := mustMake(t, l, "down"); !strings.Contains(out, "Removed") {
			t.Errorf("a second make down:\n%s", out)
		}
	})
}

func makeCommand(l layout.Layout, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "make", append([]string{"--no-print-directory", "-C", l.Root}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
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

// killPart kills one process of the cluster.
func killPart(t *testing.T, l layout.Layout, part string) {
	t.Helper()
	if part == "vllmsim" {
		if out, err := exec.Command("pkill", "-KILL", "-x", "vllmsim").CombinedOutput(); err != nil {
			t.Fatalf("pkill: %v\n%s", err, out)
		}
		return
	}
	data, err := os.ReadFile(l.Kube("status.json"))
	if err != nil {
		t.Fatal(err)
	}
	var status struct {
		Supervisor struct{ PID int }
		Processes  map[string]struct{ PID int }
	}
	if err := json.Unmarshal(data, &status); err != nil {
		t.Fatal(err)
	}
	pid := status.Processes[part].PID
	if part == "supervisor" {
		pid = status.Supervisor.PID
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %s (process %d): %v", part, pid, err)
	}
}

// switchOff does what pulling the plug does, as far as a running machine can:
// every process of the cluster is gone at once, and so are its mounts and its
// link, while the files stay as they were.
func switchOff(t *testing.T, l layout.Layout) {
	t.Helper()
	script := `
		for group in $(find /sys/fs/cgroup -path '*/vllm-eks/*' -name cgroup.procs 2>/dev/null); do
			xargs --no-run-if-empty kill -KILL <"$group" 2>/dev/null
		done
		pkill -KILL -f "$1/(kube|bin)/" || exit 1
		for mount in net mnt; do umount --lazy "$1/kube/ns/$mount" || exit 1; done
		umount --lazy "$1/kube/ns"
		ip link delete vllm-eks0
	`
	if out, err := exec.Command("bash", "-c", script, "switch-off", l.State()).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// testInterruptedUpdate kills `make up` while it deploys: the stack stays
// locked by a process that is gone.
func testInterruptedUpdate(t *testing.T, l layout.Layout) {
	env := environment(t, l)
	pulumi(t, l, env, "destroy", "--yes", "--skip-preview", "--stack=local")
	cmd := exec.Command("make", "-C", l.Root, "up")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the lock of an update", time.Minute, func() bool {
		locks, err := filepath.Glob(l.Pulumi("state", ".pulumi", "locks", "organization", "*", "local", "*.json"))
		return err == nil && len(locks) > 0
	})
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("make up was not killed")
	}
	if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
		t.Errorf("make up:\n%s", out)
	}
}

// environment is what `eval "$(make env)"` gives a shell.
func environment(t *testing.T, l layout.Layout) []string {
	t.Helper()
	out, err := exec.Command("bash", "-c", `eval "$(make --no-print-directory -C "$0" env)" && env`, l.Root).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func pulumi(t *testing.T, l layout.Layout, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command(l.Bin("pulumi"), args...)
	cmd.Dir, cmd.Env = l.Root, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// testTargetKubeconfig takes the embedded cluster for the user's own. The
// simulator's image is pushed to a registry on loopback, which the node cannot
// reach: it is given the image under that name as well.
func testTargetKubeconfig(t *testing.T, l layout.Layout) {
	env := environment(t, l)
	pulumi(t, l, env, "destroy", "--yes", "--skip-preview", "--stack=local")
	own := filepath.Join(t.TempDir(), "kubeconfig")
	data, err := os.ReadFile(l.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, kubeconfig, want string }{
		{"without an answer", own, "YES=1"},
		{"without an answer, the engine", own, "vLLM (the real engine)"},
		{"a missing file", own + ".missing", "TARGET_KUBECONFIG:"},
	} {
		if out, err := makeCommand(l, "up", "TARGET_KUBECONFIG="+c.kubeconfig); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v, want %q\n%s", c.name, err, c.want, out)
		}
	}
	server := httptest.NewServer(registry.New())
	defer server.Close()
	image := strings.TrimPrefix(server.URL, "http://") + "/vllmsim:v0.32.0"
	if out, err := exec.Command(l.Bin("kube"), "image", "--root="+l.Root, image, l.Bin("vllmsim")).CombinedOutput(); err != nil {
		t.Fatalf("kube image: %v\n%s", err, out)
	}
	config := filepath.Join(l.Root, "Pulumi.own.yaml")
	if _, err := os.Stat(config); err == nil {
		t.Fatalf("%s is a user's: remove it to run this test", config)
	}
	t.Cleanup(func() { _ = os.Remove(config) })
	out := mustMake(t, l, "up", "TARGET_KUBECONFIG="+own, "VLLMSIM_IMAGE="+image, "YES=1")
	if !strings.Contains(out, "First token ") || !strings.Contains(out, "SIMULATOR, pushed as "+image) {
		t.Errorf("make up:\n%s", out)
	}
	response, err := http.Get(server.URL + "/v2/vllmsim/tags/list")
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("the image was not pushed: %v, %v", response, err)
	}
	if out, err := makeCommand(l, "down"); err == nil || !strings.Contains(out, "pulumi destroy --stack own") {
		t.Errorf("make down would forget what is deployed: %v\n%s", err, out)
	}
	pulumi(t, l, append(env, "KUBECONFIG="+own), "destroy", "--yes", "--skip-preview", "--stack=own")
}

func testOtherKubelet(t *testing.T, l layout.Layout) {
	mustMake(t, l, "stop")
	other := filepath.Join(t.TempDir(), "kubelet")
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, binary, 0o700); err != nil { //nolint:gosec // it is run below
		t.Fatal(err)
	}
	cmd := exec.Command(other, "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if out, err := makeCommand(l, "up"); err == nil || !strings.Contains(out, "another Kubernetes node") {
		t.Errorf("make up beside another kubelet: %v\n%s", err, out)
	}
}

func checkNothingLeft(t *testing.T, l layout.Layout) {
	t.Helper()
	if _, err := os.Stat(l.State()); !os.IsNotExist(err) {
		t.Errorf("%s: %v", l.State(), err)
	}
	for what, command := range map[string][]string{
		"processes": {"pgrep", "-af", l.State()},
		"mounts":    {"grep", l.Root, "/proc/self/mounts"},
		"links":     {"grep", "vllm-eks0", "/proc/net/dev"},
		"routes":    {"grep", "vllm-eks0", "/proc/net/route"},
		"groups":    {"find", "/sys/fs/cgroup", "-maxdepth", "2", "-name", "vllm-eks"},
	} {
		if out, _ := exec.Command(command[0], command[1:]...).Output(); len(out) > 0 { // grep's status says only that there is nothing
			t.Errorf("%s left:\n%s", what, out)
		}
	}
}
