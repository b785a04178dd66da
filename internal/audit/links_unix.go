//go:build unix

package audit

import (
	"os"
	"syscall"
)

// removed tells whether an open file has no name any more.
func removed(info os.FileInfo) bool {
	stat, known := info.Sys().(*syscall.Stat_t)
	return known && stat.Nlink == 0
}
