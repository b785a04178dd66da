package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Open begins to write a log, or goes on with one. It fails if another process writes it, if the last line was changed, or if
// lines are missing at the end: then somebody should look at the file, and Files tells what to move away to begin anew.
func Open(options Options) (*Log, error) {
	options, err := options.complete()
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	l := &Log{options: options}
	if l.chain, err = newChain(options.Key); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if l.head, err = os.OpenFile(options.Path+headSuffix, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if err := l.begin(); err != nil {
		if l.file != nil {
			_ = l.file.Close()
		}
		_ = l.head.Close()
		return nil, err
	}
	return l, nil
}

func (l *Log) begin() error {
	if err := lock(l.head); err != nil {
		return fmt.Errorf("audit: another process writes the log: %w", err)
	}
	file, err := os.OpenFile(l.options.Path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	l.file = file
	notes, err := l.resume(file)
	if err != nil {
		return err
	}
	event := EventOpen
	if l.size == 0 {
		event = EventBegin
	}
	if err := l.writeLocked(Record{Event: event}); err != nil {
		return err
	}
	for _, note := range notes {
		if err := l.writeLocked(Record{Event: EventRecovered, Note: note}); err != nil {
			return err
		}
	}
	return errors.Join(l.settleLocked(), syncDirectory(l.options.Path))
}

// resume finds the end of the log, and cuts off a line that a crash has left unfinished. It returns notes of what was not as it
// should be.
func (l *Log) resume(file *os.File) ([]string, error) {
	var notes []string
	line, size, torn, err := lastLine(file)
	if err != nil {
		return nil, err
	}
	if torn > 0 {
		if err := file.Truncate(size); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		notes = append(notes, fmt.Sprintf("an unfinished line of %d bytes was cut off", torn))
	}
	l.size = size
	head, known, err := l.chain.readHead(l.head)
	switch {
	case errors.Is(err, errHead):
		notes = append(notes, "the head was damaged: lines may be missing before this process began")
	case err != nil:
		return nil, err
	case !known && line != nil:
		notes = append(notes, "the head was missing: lines may be missing before this process began")
	}
	if line == nil {
		l.last = head
		return notes, nil
	}
	if l.last, err = l.positionOf(line); err != nil {
		return nil, err
	}
	return notes, compareHead(l.last, head)
}

// positionOf checks the last line and returns its place.
func (l *Log) positionOf(line []byte) (Position, error) {
	object, sum, err := l.chain.open(line)
	if errors.Is(err, ErrKey) {
		return Position{}, err
	}
	var last struct {
		linked
		Event string `json:"event"`
	}
	if err != nil || json.Unmarshal(object, &last) != nil {
		return Position{}, fmt.Errorf("audit: the last line of the log was changed; verify it, and move it away with its head to begin anew")
	}
	if last.Event == EventEnd {
		return Position{}, errors.New("audit: the file has ended, and the log went on in another; move it away to begin anew")
	}
	return Position{last.Seq, sum}, nil
}

func compareHead(last, head Position) error {
	switch {
	case head.Seq > last.Seq:
		return fmt.Errorf("audit: lines are missing at the end of the log: it reached number %d and ends with %d; verify it, and move it away with its head to begin anew", head.Seq, last.Seq)
	case head.Seq == last.Seq && head.Hash != last.Hash:
		return errors.New("audit: the last line of the log was replaced; verify it, and move it away with its head to begin anew")
	}
	return nil
}

// lastLine returns the last complete line, nil if there is none, how long the file is up to its end, and how many bytes follow.
func lastLine(file *os.File) (line []byte, size int64, torn int, err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, 0, 0, fmt.Errorf("audit: %w", err)
	}
	// Two lines are enough to hold a complete one.
	start := max(0, info.Size()-2*MaxLine)
	tail := make([]byte, info.Size()-start)
	if _, err := file.ReadAt(tail, start); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, 0, fmt.Errorf("audit: %w", err)
	}
	end := bytes.LastIndexByte(tail, '\n')
	torn = len(tail) - end - 1
	if end < 0 && start > 0 {
		return nil, 0, 0, errors.New("audit: the file is not an audit log: a line has no end")
	}
	if end < 0 {
		return nil, 0, torn, nil
	}
	begin := bytes.LastIndexByte(tail[:end], '\n') + 1
	return tail[begin:end], start + int64(end) + 1, torn, nil
}
