package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vllm-eks/vllm-eks/local/image"
	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

const corednsImage = "localhost/vllm-eks/coredns:v1.12.4"

// start starts the cluster's missing parts. It can be called at any time: running programs keep
// running.
func start(ctx context.Context, l layout.Layout, o node.Options, out io.Writer) error {
	unlock, err := lock(l)
	if err != nil {
		return err
	}
	defer unlock()
	began := time.Now()
	running, err := supervisorRuns(l, o)
	if err != nil {
		return err
	}
	if running {
		began = time.Time{} // a status of any time counts
	} else {
		if err := check(l); err != nil {
			return err
		}
		if err := prepare(l, o); err != nil {
			return err
		}
		var stop func()
		if ctx, stop, err = launch(ctx, l, o); err != nil {
			return err
		}
		defer stop()
	}
	for _, step := range []struct {
		step string
		do   func() error
	}{
		{"container runtime", func() error { return awaitCtr(ctx, l) }},
		{"images of the cluster itself", func() error {
			return errors.Join(
				ensureImage(l, pauseImage, image.Contents{Program: l.Bin("pause")}),
				ensureImage(l, corednsImage, image.Contents{Program: l.Bin("coredns")}))
		}},
		{"API server", func() error { return awaitKubectl(ctx, l, "get", "--raw=/readyz") }},
		{"DNS and access rules", func() error { return applyManifests(ctx, l) }},
		{"node", func() error { return awaitNode(ctx, l, o, began) }},
		{"DNS ready", func() error {
			return kubectl(ctx, l, nil, "--namespace=kube-system", "rollout", "status", "deployment/coredns", "--timeout="+startTimeout.String())
		}},
	} {
		stepBegan := time.Now()
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w\nlogs: %s", step.step, errors.Join(context.Cause(ctx), err), l.Kube("logs"))
		}
		fmt.Fprintf(out, "%s (%.1fs)\n", step.step, time.Since(stepBegan).Seconds())
	}
	return nil
}

// check returns an error if something prevents a start of the cluster here.
func check(l layout.Layout) error {
	return errors.Join(refuseOtherKubelet(l), refuseForeignLink(l), refuseForeignRoutes())
}

// lock waits until no other start or stop of this checkout runs.
func lock(l layout.Layout) (unlock func(), err error) {
	if err := os.MkdirAll(l.Kube(), 0o700); err != nil {
		return nil, err
	}
	return lockFile(l.Kube("lock"), unix.LOCK_EX)
}

func lockFile(path string, flags int) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), flags); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return func() { _ = file.Close() }, nil // closing the file unlocks it
}

// supervisorRuns reports whether the cluster runs with the requested options. It stops a
// supervisor with other options: pods stay, and programs start again.
func supervisorRuns(l layout.Layout, want node.Options) (bool, error) {
	st, err := readStatus(l)
	if err != nil || !st.Supervisor.alive() {
		return false, err
	}
	have, found, err := node.Saved(l.Kube("options.json"))
	if err != nil {
		return false, err
	}
	if found && have == want {
		return true, nil
	}
	return false, endProcess(st.Supervisor, supervisorGrace)
}

// launch starts the supervisor inside the namespaces, detached from the terminal. The returned
// context ends when the supervisor does, and its cause says why.
func launch(ctx context.Context, l layout.Layout, o node.Options) (context.Context, func(), error) {
	log, err := openLog(l.Log("supervisor"))
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	cmd := exec.Command("nsenter", "--net="+namespaceFile(l, "net"), "--mount="+namespaceFile(l, "mnt"), "--",
		l.Bin("kube"), "supervise", "--root="+l.Root, "--gpus="+strconv.Itoa(o.GPUs), "--max-pods="+strconv.Itoa(o.MaxPods), "--time-scale="+strconv.Itoa(o.TimeScale))
	// The cluster gets nothing of the user's environment (credentials, proxies).
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + l.Kube()}
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start the supervisor: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		err := cmd.Wait()
		cancel(fmt.Errorf("the supervisor ended (%w): %s", err, lastLine(l.Log("supervisor"))))
	}()
	return ctx, func() { cancel(nil) }, nil
}

// lastLine returns the last line of a log.
func lastLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return lines[len(lines)-1]
}

func refuseOtherKubelet(l layout.Layout) error {
	found, err := findProcesses(func(p processInfo) bool {
		return p.name == "kubelet" || p.name == "k3s-server" || p.name == "k3s-agent" || p.name == "k0s" || p.name == "kubelite"
	})
	if err != nil {
		return err
	}
	for _, p := range found {
		if p.executable != "" && p.executable != l.Bin("kubernetes") { // an ended process has no executable
			return fmt.Errorf("another Kubernetes node runs on this machine (%s, process %d); stop it, or deploy there: TARGET_KUBECONFIG=… make up", p.name, p.pid)
		}
	}
	return nil
}
