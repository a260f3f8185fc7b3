package simulation

import "syscall"

// processAttributes: a process group of its own, and an interrupt when this
// process dies without having ended it.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
}
