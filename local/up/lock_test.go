package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// lockedStack returns an engine whose stack a process has locked. Its pulumi only removes the
// lock.
func lockedStack(t *testing.T, pid int) (e engine, lock string) {
	t.Helper()
	e = engine{options: options{layout: layout.Layout{Root: t.TempDir()}}, stack: "local"}
	dir := e.options.layout.Pulumi("state", ".pulumi", "locks", "organization", "vllm-eks", "local")
	lock = filepath.Join(dir, "x.json")
	content, err := json.Marshal(map[string]any{"pid": pid})
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Dir(e.options.layout.Bin("x"))
	for path, text := range map[string]string{lock: string(content), filepath.Join(bin, "pulumi"): "#!/bin/sh\nrm '" + lock + "'\n"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil { //nolint:gosec // one of them is executed
			t.Fatal(err)
		}
	}
	return e, lock
}

// process starts a program with a name that runs until the test ends.
func process(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\nread forever\n"), 0o700); err != nil { //nolint:gosec // it is executed
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // ends it
		_ = cmd.Wait()
	})
	return cmd
}

func TestUnlockKeepsTheLockOfARunningUpdate(t *testing.T) {
	e, lock := lockedStack(t, process(t, "pulumi").Process.Pid)
	if err := e.unlock(context.Background(), 0); err == nil || !strings.Contains(err.Error(), "is updating the stack local") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("the lock: %v", err)
	}
	e.stack = "other"
	if err := e.unlock(context.Background(), 0); err != nil {
		t.Errorf("another stack: %v", err)
	}
}

func TestUnlockRemovesAStaleLock(t *testing.T) {
	ended := process(t, "pulumi")
	_ = ended.Process.Kill()
	_ = ended.Wait() // it was killed
	for name, pid := range map[string]int{
		"of a process that ended":                   ended.Process.Pid,
		"of a number that is another program's now": process(t, "other").Process.Pid,
		"of no process":                             0,
	} {
		e, lock := lockedStack(t, pid)
		if err := e.unlock(context.Background(), 0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(lock); !os.IsNotExist(err) {
			t.Errorf("%s: the lock is still there: %v", name, err)
		}
	}
}

func TestUnlockWaitsForARunningUpdate(t *testing.T) {
	running := process(t, "pulumi")
	e, lock := lockedStack(t, running.Process.Pid)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.unlock(ctx, time.Minute); err == nil {
		t.Error("an interrupt did not end the wait")
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if err := e.unlock(context.Background(), time.Minute); err != nil {
		t.Errorf("a released lock: %v", err)
	}
}
