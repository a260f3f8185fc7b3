//go:build !linux

package main

import "os/exec"

// interruptOrphan is something that only Linux can do.
func interruptOrphan(*exec.Cmd) {}
