package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// SyncPolicy says when lines are forced to the disk.
type SyncPolicy string

// The policies.
const (
	// SyncAlways: before Append returns.
	SyncAlways SyncPolicy = "always"
	// SyncInterval: some time later, see Options.Interval. A power failure can cost the lines of that time.
	SyncInterval SyncPolicy = "interval"
	// SyncNever: when the operating system likes, and when a file is closed.
	SyncNever SyncPolicy = "never"
)

// Options say how a log is written.
type Options struct {
	// Path is the current file. Required. It and its directory entries are created with the mode 0600; the directory must
	// exist. Beside it stand Path.head and, if MaxBytes is set, the full files, Path.00000000000000001234.
	Path string
	// Key makes the hashes HMACs. At least MinKey bytes. Default: no key. It cannot be changed for a file.
	Key []byte
	// Sync says when lines are forced to the disk. Default SyncAlways.
	Sync SyncPolicy
	// Interval is how long SyncInterval waits. Default 1s.
	Interval time.Duration
	// MaxBytes is the size at which a file is full and the next is begun. Full files are never removed. At least MaxLine.
	// Default: none is ever full.
	MaxBytes int64
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Warn is told when the file or its head was found to be removed, and the log goes on in a new one. It must not call the
	// log. Default: nobody is told, other than by the log itself.
	Warn func(note string)
}

// Log is an audit log that is being written. It may be used by many goroutines at once.
type Log struct {
	options Options
	chain   chain
	head    *os.File // locked while the log is open

	syncing sync.Mutex // taken before mu
	mu      sync.Mutex
	file    logFile
	size    int64
	last    Position
	synced  uint64
	waiting bool  // for a sync after Interval
	broken  error // what was written last may not be there
	failed  error // of the last Append
	closed  bool
}

// logFile is what a Log needs of *os.File.
type logFile interface {
	Write([]byte) (int, error)
	Truncate(int64) error
	Sync() error
	Stat() (os.FileInfo, error)
	Close() error
}

var errClosed = errors.New("audit: the log is closed")

// Append writes a record. After an error the record is not in the log, unless it could be written but not synced. The error
// holds nothing of the record.
func (l *Log) Append(record Record) error {
	seq, err := l.write(record)
	if err == nil && l.options.Sync == SyncAlways {
		err = l.syncUpTo(seq)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = err
	return err
}

// Err returns the error of the last Append, or what stands in the way of the next, or nil, so that calls can be refused that
// could not be recorded.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.broken, l.failed, l.lookLocked())
}

// Last returns the position of the last line.
func (l *Log) Last() Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func (l *Log) write(record Record) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if record.Event == "" {
		record.Event = EventCall
	}
	err := l.lookLocked()
	if err == nil {
		err = l.writeLocked(record)
	}
	if err == nil && l.options.Sync == SyncInterval && !l.waiting {
		l.waiting = true
		time.AfterFunc(l.options.Interval, l.syncLater)
	}
	return l.last.Seq, err
}

// writeLocked writes one line, and before it, where the file is full, begins the next one.
func (l *Log) writeLocked(record Record) error {
	switch {
	case l.closed:
		return errClosed
	case l.broken != nil:
		return l.broken
	}
	if l.size == 0 && record.Event != EventBegin { // there was no room for it when the file was begun
		if err := l.writeLocked(Record{Event: EventBegin}); err != nil {
			return err
		}
	}
	line, sum, err := l.line(record)
	if err != nil {
		return err
	}
	if l.options.MaxBytes > 0 && l.size+int64(len(line))+maxEnd > l.options.MaxBytes && record.Event == EventCall {
		if err := l.rotateLocked(); err != nil {
			return err
		}
		if line, sum, err = l.line(record); err != nil {
			return err
		}
	}
	return l.put(line, sum)
}

// line seals a record for the next place in the chain.
func (l *Log) line(record Record) ([]byte, [len(Position{}.Hash)]byte, error) {
	record.Seq, record.Time = l.last.Seq+1, l.options.Now().UTC()
	object, err := json.Marshal(struct {
		Record
		Prev string `json:"prev"`
	}{record, hex.EncodeToString(l.last.Hash[:])})
	if err != nil {
		return nil, Position{}.Hash, fmt.Errorf("audit: %w", err)
	}
	line, sum := l.chain.seal(object)
	if len(line) > MaxLine {
		return nil, Position{}.Hash, fmt.Errorf("audit: the record takes %d bytes, more than %d", len(line), MaxLine)
	}
	return line, sum, nil
}

// put writes a line as a whole or not at all.
func (l *Log) put(line []byte, sum [len(Position{}.Hash)]byte) error {
	if _, err := l.file.Write(line); err != nil {
		if undo := l.file.Truncate(l.size); undo != nil {
			l.broken = fmt.Errorf("audit: a line was cut off and stays in the file: %w", undo)
		}
		return fmt.Errorf("audit: %w", err)
	}
	l.size += int64(len(line))
	l.last = Position{l.last.Seq + 1, sum}
	return nil
}

// Close forces what was written to the disk and ends the log.
func (l *Log) Close() error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	return errors.Join(l.settleLocked(), l.file.Close(), l.head.Close())
}

func (o Options) complete() (Options, error) {
	var errs []error
	if o.Path == "" {
		errs = append(errs, errors.New("path: required"))
	}
	switch o.Sync {
	case "":
		o.Sync = SyncAlways
	case SyncAlways, SyncInterval, SyncNever:
	default:
		errs = append(errs, fmt.Errorf("sync: %q is none of always, interval, never", string(o.Sync)))
	}
	if o.Interval < 0 {
		errs = append(errs, errors.New("interval: must not be negative"))
	}
	if o.Interval == 0 {
		o.Interval = time.Second
	}
	if o.MaxBytes != 0 && o.MaxBytes < MaxLine {
		errs = append(errs, fmt.Errorf("max_bytes: %d is less than %d", o.MaxBytes, MaxLine))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	o.Key = bytes.Clone(o.Key)
	return o, errors.Join(errs...)
}
