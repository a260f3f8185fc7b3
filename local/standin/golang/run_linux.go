package main

import (
	"os/exec"
	"syscall"
)

// endWithHost makes the kernel end the program when this host dies, even by
// kill -9: a program without an engine would wait for ever.
func endWithHost(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
