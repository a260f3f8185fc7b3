package main

import (
	"os/exec"
	"syscall"
)

// interruptOrphan has a program interrupted when this process dies without
// having ended it. The thread that starts it must live until then.
func interruptOrphan(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGINT }
