package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// aptPatience bounds the wait for another package manager. A new machine installs security
// updates first.
const aptPatience = 10 * time.Minute

// apt runs Debian's package manager.
type apt struct {
	progress *progress
	patience time.Duration
}

// install installs packages. It repairs an interrupted installation first, and updates the
// package lists if they are missing or old.
func (a apt) install(ctx context.Context, names []string) error {
	install := append([]string{"install", "--yes", "--no-install-recommends"}, names...)
	out, err := a.get(ctx, install...)
	if err != nil && ctx.Err() == nil && strings.Contains(out, "dpkg was interrupted") {
		if out, err := a.run(ctx, "dpkg", "--configure", "-a"); err != nil {
			return fmt.Errorf("dpkg --configure -a: %w\n%s", err, out)
		}
		out, err = a.get(ctx, install...)
	}
	if err != nil && ctx.Err() == nil {
		// A fresh machine has no package lists, or old ones.
		if out, err := a.update(ctx); err != nil {
			return fmt.Errorf("apt-get update: %w\n%s", err, out)
		}
		out, err = a.get(ctx, install...)
	}
	if err != nil {
		return fmt.Errorf("apt-get install %s: %w\n%s", strings.Join(names, " "), err, out)
	}
	return nil
}

// update fetches the package lists. apt-get does not wait for their lock, so update does.
func (a apt) update(ctx context.Context) (string, error) {
	deadline := time.Now().Add(a.patience)
	for {
		out, err := a.get(ctx, "update")
		if err == nil || ctx.Err() != nil || !strings.Contains(out, "Could not get lock") || time.Now().After(deadline) {
			return out, err
		}
		a.waiting()
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (a apt) get(ctx context.Context, args ...string) (string, error) {
	wait := fmt.Sprintf("DPkg::Lock::Timeout=%d", int(a.patience.Seconds()))
	return a.run(ctx, "apt-get", append([]string{"-o", wait}, args...)...)
}

// run lets a command finish, also when the user interrupts, because half an installation breaks
// the package manager.
func (a apt) run(ctx context.Context, name string, args ...string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	detach(cmd)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { a.progress.note("interrupted; the package manager finishes first") })
	defer stop()
	var out bytes.Buffer
	followLines(pipe, func(line string) {
		if !strings.HasPrefix(line, "Waiting for cache lock") {
			fmt.Fprintln(&out, line)
			return
		}
		a.waiting()
		if ctx.Err() != nil { // apt-get prints it every second and has not started
			_ = cmd.Process.Kill() // it may have ended
		}
	})
	err = cmd.Wait()
	if ctx.Err() != nil {
		return out.String(), ctx.Err()
	}
	return out.String(), err
}

// waiting shows that another package manager holds the lock.
func (a apt) waiting() { a.progress.update(-1, "waiting for another package manager") }
