package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

// supervisor starts the cluster's programs and restarts each one that ends.
type supervisor struct {
	layout layout.Layout
	spawn  chan func()
	status *statusFile
	plugin *gpuPlugin
}

const (
	restartDelay    = 500 * time.Millisecond
	restartDelayMax = 10 * time.Second
	stopGrace       = 2 * time.Second // from SIGTERM to SIGKILL; the API server would wait longer for open watches
	supervisorGrace = 30 * time.Second
	maxLogBytes     = 16 << 20
)

// supervise runs the cluster until ctx ends. It runs inside the cluster's namespaces.
func supervise(ctx context.Context, l layout.Layout, o node.Options) error {
	// Two supervisors would start every program twice.
	unlock, err := lockFile(l.Kube("supervisor.lock"), unix.LOCK_EX|unix.LOCK_NB)
	if err != nil {
		return fmt.Errorf("another supervisor runs: %w", err)
	}
	defer unlock()
	before, err := readStatus(l)
	if err != nil {
		return err
	}
	s := &supervisor{layout: l, spawn: make(chan func()), status: newStatusFile(l), plugin: newGPUPlugin(o.GPUs)}
	if err := s.status.write(); err != nil {
		return err
	}
	if err := endLeftovers(before); err != nil {
		return err
	}
	for _, prepare := range []func() error{connectNode, func() error { return mountInside(l) }, ensureCgroups} {
		if err := prepare(); err != nil {
			return err
		}
	}
	go s.spawnLoop()
	var running sync.WaitGroup
	// Programs that serve others stop last, so each has its own context.
	var stops []func()
	for _, p := range processes(l, o) {
		pctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		running.Go(func() { defer close(done); s.keepRunning(pctx, p) })
		stops = append(stops, func() { cancel(); <-done })
		if err := awaitReady(ctx, p); err != nil {
			break // ctx ended: stop the programs that run
		}
	}
	<-ctx.Done()
	for i := len(stops) - 1; i >= 0; i-- {
		stops[i]()
	}
	running.Wait()
	return s.status.remove()
}

// spawnLoop is the one thread that starts programs. The kernel ends a program when its parent
// thread ends (Pdeathsig), so this thread must run as long as the supervisor. Then no program
// outlives the supervisor, even after kill -9.
func (s *supervisor) spawnLoop() {
	runtime.LockOSThread()
	for start := range s.spawn {
		start()
	}
}

// keepRunning runs p until ctx ends, and restarts it whenever it ends.
func (s *supervisor) keepRunning(ctx context.Context, p process) {
	delay := restartDelay
	for {
		began := time.Now()
		err := s.runOnce(ctx, p)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			delay = restartDelay
		}
		logf("%s ended (%v); starting it again in %s", p.name, err, delay)
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		delay = min(2*delay, restartDelayMax)
	}
}

func (s *supervisor) runOnce(ctx context.Context, p process) error {
	log, err := openLog(s.layout.Log(p.name))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(p.path, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error)
	s.spawn <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return err
	}
	if err := s.status.started(p.name, cmd.Process.Pid); err != nil {
		logf("status: %v", err)
	}
	if p.name == "kubelet" {
		s.plugin.kubeletStarted(ctx)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended meanwhile
	select {
	case err := <-ended:
		return err
	case <-time.After(stopGrace):
		_ = cmd.Process.Kill()
		return <-ended
	}
}

// awaitReady waits until the programs after p may start. It returns an error only when ctx
// ends, because a program that fails is started again, and its log says why.
func awaitReady(ctx context.Context, p process) error {
	for p.ready != nil && ctx.Err() == nil && p.ready() != nil {
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return ctx.Err()
}

// endLeftovers ends programs of an earlier supervisor that may still hold the ports, by their
// recorded process numbers.
func endLeftovers(before status) error {
	for name, p := range before.Processes {
		if !p.alive() {
			continue
		}
		logf("ending %s (process %d), left by an earlier run", name, p.PID)
		if err := endProcess(p, stopGrace); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// endProcess sends SIGTERM, and after grace SIGKILL, and returns when the process has ended.
func endProcess(p processStatus, grace time.Duration) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, grace}, {syscall.SIGKILL, 5 * time.Second}} {
		if err := syscall.Kill(p.PID, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		for deadline := time.Now().Add(step.wait); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if !p.alive() {
				return nil
			}
		}
	}
	return fmt.Errorf("process %d does not end", p.PID)
}

// openLog opens a log file for appending, and renames a large one first.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

func logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().Format(time.RFC3339), fmt.Sprintf(format, args...))
}
