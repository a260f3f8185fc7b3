//go:build !linux

// Package orphan ends programs whose parent died, on Linux.
package orphan

import (
	"os/exec"
	"syscall"
)

// Signal does nothing: only Linux supports it.
func Signal(*exec.Cmd, syscall.Signal) {}
