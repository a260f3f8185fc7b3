package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

func testSupervisor(t *testing.T) *supervisor {
	t.Helper()
	l := layout.Layout{Root: t.TempDir()}
	if err := os.MkdirAll(l.Kube("logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &supervisor{layout: l, spawn: make(chan func()), status: newStatusFile(l), plugin: newGPUPlugin(1)}
	go s.spawnLoop()
	t.Cleanup(func() { close(s.spawn) })
	return s
}

// await polls, for at most ten seconds.
func await(t *testing.T, condition string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen within 10 s", condition)
		}
	}
}

func TestKilledProgramRestarts(t *testing.T) {
	s := testSupervisor(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.keepRunning(ctx, process{name: "sleeper", path: "sleep", args: []string{"600"}})
	}()
	current := func() processStatus {
		st, err := readStatus(s.layout)
		if err != nil {
			t.Fatal(err)
		}
		return st.Processes["sleeper"]
	}
	await(t, "the first start", func() bool { return current().alive() })
	before := current()
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the second start", func() bool { return current().alive() && current().PID != before.PID })
	if got := current().Restarts; got != 1 {
		t.Errorf("restarts: got %d, want 1", got)
	}
	after := current()
	cancel()
	<-done
	if after.alive() {
		t.Error("the program outlived its supervisor")
	}
}

func TestReusedProcessNumber(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := processNow(cmd.Process.Pid)
	if !p.alive() {
		t.Fatal("a running process counts as ended")
	}
	process := p
	process.StartTime++
	if process.alive() {
		t.Error("another process with the same number counts as ours")
	}
	go cmd.Wait() //nolint:errcheck // it is killed
	if err := endProcess(p, stopGrace); err != nil {
		t.Fatal(err)
	}
	if p.alive() {
		t.Error("an ended process counts as running")
	}
}

func TestLargeLogIsRenamed(t *testing.T) {
	path := t.TempDir() + "/x.log"
	if err := os.WriteFile(path, []byte(strings.Repeat("x", maxLogBytes+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("the new log: %v, %v", info, err)
	}
	if _, err := os.Stat(path + ".old"); err != nil {
		t.Error(err)
	}
}
