package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

//go:embed manifests/cluster.yaml
var clusterManifests string

const corednsImage = "localhost/vllm-eks/coredns:v1.12.4"

// startTimeout bounds the wait for each part of the cluster. A start takes
// about ten seconds; the rest is for a busy machine.
const startTimeout = 3 * time.Minute

// start brings the cluster up, or finds that it is. It can be called again at
// any time: what runs stays, what is missing is started.
func start(ctx context.Context, l layout.Layout, o Options, out io.Writer) error {
	unlock, err := lock(l)
	if err != nil {
		return err
	}
	defer unlock()
	running, err := supervisorRuns(l, o)
	if err != nil {
		return err
	}
	if !running {
		if err := refuseOtherKubelet(l); err != nil {
			return err
		}
		if err := prepare(l, o); err != nil {
			return err
		}
		if err := launch(l, o); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"container runtime", func() error { return awaitCtr(ctx, l) }},
		{"images of the cluster itself", func() error {
			return errors.Join(ensureImage(l, pauseImage, l.Bin("pause")), ensureImage(l, corednsImage, l.Bin("coredns")))
		}},
		{"API server", func() error { return awaitKubectl(ctx, l, "get", "--raw=/readyz") }},
		{"DNS and access rules", func() error { return applyManifests(ctx, l) }},
		{"node", func() error { return awaitNode(ctx, l, o) }},
		{"DNS ready", func() error {
			return kubectl(ctx, l, nil, "--namespace=kube-system", "rollout", "status", "deployment/coredns", "--timeout="+startTimeout.String())
		}},
	} {
		began := time.Now()
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w\nlogs: %s", step.what, err, l.Kube("logs"))
		}
		fmt.Fprintf(out, "%s (%.1fs)\n", step.what, time.Since(began).Seconds())
	}
	return nil
}

// lock keeps a second start or stop of the same checkout waiting.
func lock(l layout.Layout) (unlock func(), err error) {
	if err := os.MkdirAll(l.Kube(), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(l.Kube("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return func() { _ = file.Close() }, nil // closing unlocks; nothing was written
}

// supervisorRuns reports whether the cluster runs as wanted. One that runs
// with other options is stopped: its pods stay, its programs start again.
func supervisorRuns(l layout.Layout, want Options) (bool, error) {
	st, err := readStatus(l)
	if err != nil || !st.Supervisor.alive() {
		return false, err
	}
	have, found, err := saved(l)
	if err != nil {
		return false, err
	}
	if found && have == want {
		return true, nil
	}
	return false, endProcess(st.Supervisor, supervisorGrace)
}

// prepare writes everything that the programs read.
func prepare(l layout.Layout, o Options) error {
	for _, dir := range []string{l.Kube("logs", "pods"), l.Kube("cni", "conf"), l.Kube("run")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	created, err := ensureNamespaces(l)
	if err != nil {
		return err
	}
	if created { // a first start, or the machine was restarted: no pod can be left
		if err := errors.Join(endPods(), os.RemoveAll(l.Kube("run")), os.RemoveAll(l.Kube("cni", "addresses")), os.RemoveAll(l.Kube("cni", "results"))); err != nil {
			return err
		}
	}
	for _, m := range mountPoints(l) {
		if err := errors.Join(os.MkdirAll(m.ours, 0o700), ensureMountPoint(l, m.fixed)); err != nil {
			return err
		}
	}
	if err := connectHost(l); err != nil {
		return err
	}
	if err := errors.Join(ensurePKI(l), writeKubeconfigs(l), linkPrograms(l), o.save(l)); err != nil {
		return err
	}
	snapshotter, err := snapshotterFor(l)
	if err != nil {
		return err
	}
	for path, content := range configFiles(l, o, snapshotter) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// ensureMountPoint creates a folder that only serves to be mounted over, and
// writes down that it is ours to remove.
func ensureMountPoint(l layout.Layout, path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o711); err != nil {
		return err
	}
	record, err := os.OpenFile(l.Kube("created-folders"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = record.WriteString(path + "\n")
	return errors.Join(err, record.Close())
}

func linkPrograms(l layout.Layout) error {
	for _, name := range kubernetesPrograms {
		if target, err := os.Readlink(l.Bin(name)); err == nil && target == "kubernetes" {
			continue
		}
		if err := os.Remove(l.Bin(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Symlink("kubernetes", l.Bin(name)); err != nil {
			return err
		}
	}
	return nil
}

// snapshotterFor avoids stacking an overlay on an overlay, which Linux
// refuses, where the checkout itself lies in a container.
func snapshotterFor(l layout.Layout) (string, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(l.Kube(), &st); err != nil {
		return "", err
	}
	if st.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return "native", nil
	}
	return "overlayfs", nil
}

// launch starts the supervisor inside the namespaces, free of this terminal.
func launch(l layout.Layout, o Options) error {
	log, err := openLog(l.Log("supervisor"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("nsenter", "--net="+namespaceFile(l, "net"), "--mount="+namespaceFile(l, "mnt"), "--",
		l.Bin("kube"), "supervise", "--root="+l.Root, "--gpus="+strconv.Itoa(o.GPUs), "--max-pods="+strconv.Itoa(o.MaxPods))
	// Nothing of the user's environment (credentials, proxies) reaches the cluster.
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + l.Kube()}
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the supervisor: %w", err)
	}
	return cmd.Process.Release()
}

func refuseOtherKubelet(l layout.Layout) error {
	found, err := findProcesses(func(p processInfo) bool {
		return p.name == "kubelet" || p.name == "k3s-server" || p.name == "k0s" || p.name == "kubelite"
	})
	if err != nil {
		return err
	}
	for _, p := range found {
		if p.executable != l.Bin("kubernetes") {
			return fmt.Errorf("another Kubernetes node runs on this machine (%s, process %d); stop it, or deploy there: TARGET_KUBECONFIG=… make up", p.name, p.pid)
		}
	}
	return nil
}

// kubectl runs our kubectl against our cluster; its output is the error.
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

// awaitNode waits until the node is ready and offers what was chosen.
func awaitNode(ctx context.Context, l layout.Layout, o Options) error {
	if err := awaitKubectl(ctx, l, "get", "node", layout.NodeName); err != nil {
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

// poll tries until it works, ctx ends, or startTimeout is over; then it
// returns the last error.
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
