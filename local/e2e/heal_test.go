//go:build lifecycle

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// switchOff simulates a power failure: it ends every process of the cluster and removes its
// mounts and its link at once, and keeps the files.
func switchOff(t *testing.T, l layout.Layout) {
	t.Helper()
	running := func() []int {
		pids := podProcesses(t)
		for _, p := range ownProcesses(t, l) {
			pids = append(pids, p.pid)
		}
		return pids
	}
	if len(running()) == 0 {
		t.Fatal("nothing runs")
	}
	// A process may start another one just before it is killed.
	await(t, "the end of every process", 10*time.Second, func() bool {
		pids := running()
		kill(t, pids)
		return len(pids) == 0
	})
	for _, mount := range []string{l.Kube("ns", "net"), l.Kube("ns", "mnt"), l.Kube("ns")} {
		if err := unix.Unmount(mount, unix.MNT_DETACH); err != nil {
			t.Fatalf("unmount %s: %v", mount, err)
		}
	}
	if link, err := netlink.LinkByName(clusterLink); err == nil { // else the kernel removed it with the namespace
		if err := netlink.LinkDel(link); err != nil {
			t.Fatalf("remove %s: %v", clusterLink, err)
		}
	}
}

// ownProcesses returns the processes of this checkout's local environment, without pods.
func ownProcesses(t *testing.T, l layout.Layout) []process {
	t.Helper()
	var own []process
	for _, p := range processes(t) {
		command := p.executable + " " + strings.Join(p.arguments, " ")
		if p.pid != os.Getpid() && strings.Contains(command, l.State()+string(filepath.Separator)) {
			own = append(own, p)
		}
	}
	return own
}

// startUp runs `make up` in its own process group, like a terminal, on a stack without
// resources.
func startUp(t *testing.T, l layout.Layout) (cmd *exec.Cmd, output string) {
	t.Helper()
	pulumi(t, l, environment(t, l), "destroy", "--yes", "--skip-preview", "--stack=local")
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd = exec.Command("make", "-C", l.Root, "up")
	cmd.Stdout, cmd.Stderr = file, file // not a pipe: a process that outlives make would keep it open
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, file.Name()
}

// testKilledUpdate kills `make up` after its update has created something. The stack stays
// locked by a process that has ended, or is about to end.
func testKilledUpdate(t *testing.T, l layout.Layout) {
	cmd, _ := startUp(t, l)
	await(t, "the namespace", time.Minute, func() bool {
		_, err := tryOwnKubectl(l, "get", "namespace", "inference")
		return err == nil
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

// testInterruptedUpdate presses Ctrl-C while a replica loads. Every process must end by itself,
// in time.
func testInterruptedUpdate(t *testing.T, l layout.Layout) {
	const patience = 90 * time.Second
	home := "PULUMI_HOME=" + l.Pulumi("home")
	foreign := processesWith(t, home) // this shell's, after `eval "$(make env)"`
	cmd, output := startUp(t, l)
	await(t, "a Deployment", time.Minute, func() bool {
		out, err := tryOwnKubectl(l, "--namespace=inference", "get", "deployments", "--output=name")
		return err == nil && strings.Contains(out, "deployment")
	})
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if out, _ := os.ReadFile(output); err == nil || !strings.Contains(string(out), "Interrupted") {
			t.Errorf("make up after Ctrl-C: %v\n%s", err, out)
		}
	case <-time.After(patience):
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the test has failed anyway
		out, _ := os.ReadFile(output)
		t.Fatalf("make up runs for %s after Ctrl-C:\n%s", patience, out)
	}
	await(t, "the end of Pulumi's processes", 10*time.Second, func() bool {
		return len(without(processesWith(t, home), foreign)) == 0
	})
	if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
		t.Errorf("make up:\n%s", out)
	}
}
