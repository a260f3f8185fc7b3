//go:build cluster || engine

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// installPackages installs the npm packages of a folder, unless they are installed. Tests of
// another process may need them at the same time: npm removes installed packages first, so only
// one process installs them, and the others wait.
func installPackages(folder string) (err error) {
	lock, err := os.Open(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	want, err := os.ReadFile(lock.Name())
	if err != nil {
		return err
	}
	installed := filepath.Join(folder, "node_modules", ".installed.json")
	if have, err := os.ReadFile(installed); err == nil && bytes.Equal(have, want) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "ci", "--no-progress")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return os.WriteFile(installed, want, 0o600)
}
