//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package audit

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps other openers out, also those in this process, until the file is closed.
func lock(file *os.File) error { return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
