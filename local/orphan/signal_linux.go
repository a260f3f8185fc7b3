// Package orphan ends programs whose parent died.
package orphan

import (
	"os/exec"
	"syscall"
)

// Signal makes the kernel send a signal to a program when this process dies, also by kill -9.
// The thread that starts the program must live until then.
func Signal(cmd *exec.Cmd, signal syscall.Signal) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = signal
}
