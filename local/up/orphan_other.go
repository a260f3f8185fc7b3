//go:build !linux

package main

import "os/exec"

// interruptOrphan does nothing: only Linux supports it.
func interruptOrphan(*exec.Cmd) {}
