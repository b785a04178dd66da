package audit

import "fmt"

// syncUpTo returns when the line with the number is on the disk. Those who wait for one sync share the next.
func (l *Log) syncUpTo(seq uint64) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.mu.Lock()
	if l.synced >= seq || l.broken != nil || l.closed {
		defer l.mu.Unlock()
		if l.synced >= seq {
			return nil
		}
		return l.broken
	}
	file, reached := l.file, l.last
	l.mu.Unlock()
	err := file.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recordSync(reached, err)
}

// recordSync notes how far the disk is. After a failure, the operating system may have dropped what was to be written: nothing
// more is written to that file.
func (l *Log) recordSync(reached Position, err error) error {
	if l.synced >= reached.Seq {
		return nil
	}
	if err != nil {
		l.broken = fmt.Errorf("audit: lines may be lost: %w", err)
		return l.broken
	}
	l.synced = reached.Seq
	if err := l.chain.writeHead(l.head, reached); err != nil {
		return fmt.Errorf("audit: head: %w", err)
	}
	return nil
}

// syncLater ends the interval of SyncInterval.
func (l *Log) syncLater() {
	l.mu.Lock()
	l.waiting = false
	seq := l.last.Seq
	l.mu.Unlock()
	// An error stays in l.broken, where the next Append finds it.
	_ = l.syncUpTo(seq)
}

// settleLocked syncs while both locks are held, or at least mu while no other sync can harm.
func (l *Log) settleLocked() error {
	if l.broken != nil {
		return l.broken
	}
	return l.recordSync(l.last, l.file.Sync())
}
