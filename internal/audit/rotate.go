package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// maxEnd is more than the line takes that ends a file, in bytes.
const maxEnd = 512

// Reopen goes on in a new file at the path, for whoever has moved the current one away (as logrotate does), with its head or
// without. The file that was moved gets its last line, by which it can be verified where it is, without a head. If nothing was
// moved, the current file stays in use. It also is the way back after a disk has failed: what can be saved is synced first.
func (l *Log) Reopen() error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	return l.reopenLocked()
}

func (l *Log) reopenLocked() error {
	fresh, err := os.OpenFile(l.options.Path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	same, size, err := l.compare(fresh)
	if err == nil && !same && size > 0 {
		err = errors.New("another file, which is not empty, stands in the place of the log")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("audit: %w", err), fresh.Close())
	}
	if same {
		return errors.Join(fresh.Close(), l.settleLocked(), l.renewHead())
	}
	// Before the end is written, it must be certain that the next file can begin.
	head, err := l.freshHead()
	if err != nil {
		return errors.Join(err, fresh.Close())
	}
	lost := errors.Join(l.endLocked(), l.takeHead(head))
	_ = l.file.Close()
	l.file, l.size, l.broken = fresh, 0, nil
	note := ""
	if lost != nil {
		note = "lines of the file before may be lost: " + lost.Error()
	}
	return errors.Join(l.writeLocked(Record{Event: EventBegin, Note: note}), syncDirectory(l.options.Path))
}

// endLocked writes the last line of the current file.
func (l *Log) endLocked() error {
	if l.broken != nil {
		return l.broken
	}
	return errors.Join(l.writeLocked(Record{Event: EventEnd}), l.settleLocked())
}

// compare tells whether a file is the current one, and its size.
func (l *Log) compare(fresh *os.File) (same bool, size int64, err error) {
	is, err := fresh.Stat()
	if err != nil {
		return false, 0, err
	}
	was, err := l.file.Stat()
	if err != nil {
		return false, 0, err
	}
	return os.SameFile(is, was), is.Size(), nil
}

// rotateLocked moves the full file aside and begins the next one. Holding mu alone is enough: a sync of the old file that is
// under way either ends well or finds that it was already synced here.
func (l *Log) rotateLocked() error {
	if err := l.settleLocked(); err != nil {
		return err
	}
	aside := rotated(l.options.Path, l.last.Seq+1) // with the line that ends it
	there, err := os.Lstat(aside)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.Rename(l.options.Path, aside); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	case err != nil:
		return fmt.Errorf("audit: %w", err)
	case !l.isCurrent(there):
		return fmt.Errorf("audit: the place of the full file, %s, is taken", filepath.Base(aside))
	}
	return l.reopenLocked()
}

// isCurrent reports whether the file is the current one: an attempt before has moved it, and then failed to begin the next.
func (l *Log) isCurrent(there os.FileInfo) bool {
	current, err := l.file.Stat()
	return err == nil && os.SameFile(current, there)
}

// syncDirectory forces new names in the directory of a file to the disk.
func syncDirectory(path string) error {
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	defer func() { _ = directory.Close() }()
	if err := directory.Sync(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
