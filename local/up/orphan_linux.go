package main

import (
	"os/exec"
	"syscall"
)

// interruptOrphan makes the kernel interrupt a program when this process dies without ending
// it. The thread that starts the program must live until then.
func interruptOrphan(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGINT }
