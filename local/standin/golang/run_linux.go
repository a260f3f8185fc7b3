package main

import (
	"os/exec"
	"syscall"
)

// endWithHost makes the kernel end the program when this host dies, also by kill -9. A program
// without an engine would wait forever.
func endWithHost(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
