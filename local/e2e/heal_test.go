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

// switchOff does what pulling the plug does, as far as a running machine can:
// every process of the cluster is gone at once, and so are its mounts and its
// link, while the files stay as they were.
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
	// One may start another just before it is killed.
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
	if link, err := netlink.LinkByName(clusterLink); err == nil { // else it went with the namespace
		if err := netlink.LinkDel(link); err != nil {
			t.Fatalf("remove %s: %v", clusterLink, err)
		}
	}
}

// ownProcesses are those of this checkout's local environment, without pods.
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

// startUp runs `make up` in a process group of its own, as a terminal does,
// on a stack of which nothing is deployed.
func startUp(t *testing.T, l layout.Layout) (cmd *exec.Cmd, output string) {
	t.Helper()
	pulumi(t, l, environment(t, l), "destroy", "--yes", "--skip-preview", "--stack=local")
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd = exec.Command("make", "-C", l.Root, "up")
	cmd.Stdout, cmd.Stderr = file, file // no pipe: what outlives make would hold it open
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, file.Name()
}

// testKilledUpdate kills `make up` as soon as its update has created something:
// the stack stays locked by a process that is gone, or is about to notice that it
// is alone.
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

// testInterruptedUpdate presses Ctrl-C while an engine loads: all of it ends,
// in time and of its own accord.
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
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it is a failure anyway
		out, _ := os.ReadFile(output)
		t.Fatalf("make up goes on for %s after Ctrl-C:\n%s", patience, out)
	}
	await(t, "the end of Pulumi's processes", 10*time.Second, func() bool {
		return len(without(processesWith(t, home), foreign)) == 0
	})
	if out := mustMake(t, l, "up"); !strings.Contains(out, "First token ") {
		t.Errorf("make up:\n%s", out)
	}
}
