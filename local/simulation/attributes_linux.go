package simulation

import "syscall"

// processAttributes returns attributes that start a process in its own process group and send
// it an interrupt when this process dies.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
}
