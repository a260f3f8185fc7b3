package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lockPatience bounds the wait for the end of an update that was just interrupted.
const lockPatience = time.Minute

// unlock removes the lock of an update that no longer runs. It waits for a running update.
func (e engine) unlock(ctx context.Context, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for told := false; ; told = true {
		pid, locked, err := e.lockedBy()
		if err != nil || !locked {
			return err
		}
		if !isPulumi(pid) {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d is updating the stack %s; wait for it, or end it", pid, e.stack)
		}
		if !told {
			fmt.Printf("process %d is updating the stack %s: waiting at most %s for its end\n", pid, e.stack, patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	if out, err := e.pulumi(ctx, "cancel", "--yes", "--stack="+e.stack).CombinedOutput(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("pulumi cancel: %w\n%s", err, out))
	}
	return nil
}

// lockedBy returns the process that holds the stack's lock, and prefers a running process.
func (e engine) lockedBy() (pid int, locked bool, err error) {
	locks, err := filepath.Glob(e.options.layout.Pulumi("state", ".pulumi", "locks", "organization", "*", e.stack, "*.json"))
	if err != nil {
		return 0, false, err
	}
	for _, path := range locks {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // released just now
		}
		if err != nil {
			return 0, false, err
		}
		var lock struct{ PID int }
		if err := json.Unmarshal(data, &lock); err != nil {
			return 0, false, fmt.Errorf("%s: %w", path, err)
		}
		if pid, locked = lock.PID, true; isPulumi(pid) {
			break
		}
	}
	return pid, locked, nil
}

// isPulumi reports whether a process runs and is the CLI, as far as the system shows its name.
// After a reboot another program may have its number.
func isPulumi(pid int) bool {
	if pid <= 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // PID (NAME) STATE …
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), "(")
	name, state, _ := strings.Cut(rest, ") ")
	return name == pulumiCLI.name && !strings.HasPrefix(state, "Z") // a zombie has ended
}
