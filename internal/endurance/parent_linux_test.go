package endurance

import "syscall"

// withParent has a process end with the thread that started it, and so with the tests, however they end.
func withParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
