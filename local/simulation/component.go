package simulation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// componentFiles pin the npm packages of the EKS component by checksum.
var componentFiles = []string{"package.json", "package-lock.json", ".npmrc"}

// HasComponent reports whether the installed component matches the lock file.
func HasComponent(l layout.Layout) bool {
	for _, name := range componentFiles {
		want, err := os.ReadFile(filepath.Join(l.Root, "local", "eks", name))
		have, missing := os.ReadFile(l.Simulation("eks", name))
		if err != nil || missing != nil || !bytes.Equal(want, have) {
			return false
		}
	}
	_, err := os.Stat(Component(l))
	return err == nil
}

// InstallComponent installs the component from npm, without scripts of packages. An interrupted
// installation does not count as installed.
func InstallComponent(ctx context.Context, l layout.Layout) error {
	if HasComponent(l) {
		return nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("npm: not on PATH; the EKS component comes from npm and runs on Node.js 18 or newer. On Debian: apt-get install nodejs npm")
	}
	unfinished := l.Simulation("eks.new")
	if err := errors.Join(os.RemoveAll(unfinished), os.MkdirAll(unfinished, 0o700)); err != nil {
		return err
	}
	for _, name := range componentFiles {
		content, err := os.ReadFile(filepath.Join(l.Root, "local", "eks", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(unfinished, name), content, 0o600); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-progress", "--cache="+l.Simulation("npm-cache"))
	cmd.Dir = unfinished
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("npm ci: %w\n%s", err, out))
	}
	if err := os.RemoveAll(l.Simulation("eks")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return errors.Join(os.Rename(unfinished, l.Simulation("eks")), os.RemoveAll(l.Simulation("npm-cache")))
}
