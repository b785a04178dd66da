//go:build !linux

package endurance

import "syscall"

// withParent changes nothing: only Linux ends a process with its parent.
func withParent() *syscall.SysProcAttr { return nil }
