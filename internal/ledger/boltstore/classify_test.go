package boltstore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/umgateway/umgateway/internal/ledger"
)

func TestFailureOfTheDiskIsTrustedOnlyIfNothingWasWritten(t *testing.T) {
	t.Parallel()
	refused := func(op string, reason error) error { return &fs.PathError{Op: op, Path: "ledger.db", Err: reason} }
	for rule, c := range map[string]struct {
		err  error
		want ledger.StoreKind
	}{
		"no space for a page":              {refused("write", syscall.ENOSPC), ledger.StoreFull},
		"quota exceeded":                   {refused("write", syscall.EDQUOT), ledger.StoreFull},
		"the largest size of a file":       {refused("write", syscall.EFBIG), ledger.StoreFull},
		"no space to grow":                 {fmt.Errorf("file resize error: %s", syscall.ENOSPC), ledger.StoreFull},
		"no space found by fsync":          {syscall.ENOSPC, ledger.StoreBroken},
		"fsync failed":                     {syscall.EIO, ledger.StoreBroken},
		"fsync failed when growing":        {fmt.Errorf("file sync error: %s", syscall.ENOSPC), ledger.StoreBroken},
		"a page could not be written":      {refused("write", syscall.EIO), ledger.StoreBroken},
		"a damaged file that bbolt met":    {errors.New("bbolt panicked: page 7 already freed"), ledger.StoreBroken},
		"a write to a file that is closed": {refused("write", syscall.EBADF), ledger.StoreBroken},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := open(t, inTemp(t))
			if err := s.Classify(c.err); kindOf(err) != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %v", err)
			}
			err := put(s, idOf("later"), 1, ledger.StateSent, 0)
			if broken := c.want == ledger.StoreBroken; (err != nil) != broken || broken && kindOf(err) != ledger.StoreBroken {
				t.Errorf("a later write: %v", err)
			}
		})
	}
}
