package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// lookLocked notices what others have done to the files since the last line. A file that was moved away takes lines until
// Reopen. Where one was removed, the log goes on in a new one that says so. A file that was changed, or replaced by another, is
// evidence, as it is for Open: nothing is written until somebody has moved it away.
func (l *Log) lookLocked() error {
	if l.closed || l.broken != nil {
		return nil // as the next write says
	}
	ours, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if ours.Size() != l.size {
		return fmt.Errorf("audit: the file was changed: it has %d bytes, not the %d that were written; verify it, and move it away to begin anew", ours.Size(), l.size)
	}
	there, err := os.Stat(l.options.Path)
	switch {
	case err == nil && os.SameFile(there, ours):
		return l.lookAtHeadLocked()
	case err == nil && there.Size() > 0:
		return errors.New("audit: another file, which is not empty, stands in the place of the log; move it away")
	case removed(ours):
		reached := l.last.Seq
		if err := l.reopenLocked(); err != nil {
			return err
		}
		note := fmt.Sprintf("the file before this one was removed while it was written, with the lines up to number %d", reached)
		return l.warnLocked(note)
	}
	return nil
}

// lookAtHeadLocked replaces a head that was removed.
func (l *Log) lookAtHeadLocked() error {
	head, err := l.head.Stat()
	if err != nil {
		return fmt.Errorf("audit: head: %w", err)
	}
	if !removed(head) {
		return nil
	}
	if err := l.renewHead(); err != nil {
		return err
	}
	return l.warnLocked("the head was removed while the log was written")
}

// warnLocked tells in the log, and whoever wants to know, that a file was removed.
func (l *Log) warnLocked(note string) error {
	l.options.Warn(note)
	return errors.Join(l.writeLocked(Record{Event: EventRecovered, Note: note}), l.settleLocked())
}

// renewHead makes a head that says the same, where the one in use was moved or removed.
func (l *Log) renewHead() error {
	fresh, err := l.freshHead()
	if err != nil {
		return err
	}
	return l.takeHead(fresh)
}

// freshHead opens and locks the file in the head's place; it is nil if the one in use is there.
func (l *Log) freshHead() (*os.File, error) {
	fresh, err := os.OpenFile(l.options.Path+headSuffix, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: head: %w", err)
	}
	same, err := sameFile(fresh, l.head)
	if err == nil && !same {
		if err = lock(fresh); err == nil {
			return fresh, nil
		}
	}
	if err != nil {
		err = fmt.Errorf("audit: head: %w", err)
	}
	return nil, errors.Join(err, fresh.Close())
}

// takeHead goes on with a fresh head, if it is one.
func (l *Log) takeHead(fresh *os.File) error {
	if fresh == nil {
		return nil
	}
	err := copyHead(fresh, l.head)
	_ = l.head.Close()
	l.head = fresh
	if err != nil {
		return fmt.Errorf("audit: head: %w", err)
	}
	return nil
}

func sameFile(a, b *os.File) (bool, error) {
	one, err := a.Stat()
	if err != nil {
		return false, err
	}
	other, err := b.Stat()
	return err == nil && os.SameFile(one, other), err
}

func copyHead(to, from *os.File) error {
	text := make([]byte, headSize)
	n, err := from.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	_, err = to.WriteAt(text[:n], 0)
	return err
}
