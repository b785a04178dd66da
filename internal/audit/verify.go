package audit

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Report is what Verify has found.
type Report struct {
	// Lines is how many lines are right, up to the first break.
	Lines int
	// After is the position on which the first line follows: the end of the file before it. If no position was given to
	// Verify, it is what the first line says, and if its number is not 0, files before this one are not here.
	After Position
	// Last is the position of the last line that is right.
	Last Position
	// From and To are the times of the first and of the last line that is right.
	From, To time.Time
	// Ended tells that the last line says so: it is the end of its file, whatever became of the head, and the log goes on in
	// another.
	Ended bool
	// Recoveries are the notes of crashes and of files that were removed, with their line numbers.
	Recoveries []Recovery
}

// Recovery is a line with EventRecovered.
type Recovery struct {
	File string
	Line int
	Note string
}

// Break is the first place where a log was changed.
type Break struct {
	// File is the name of the file; empty if Verify was given a reader.
	File string
	// Line is the number of the line, from 1. If lines are missing at the end, it is the one after the last.
	Line int
	// Why describes the break.
	Why string
}

// Error describes the break.
func (b *Break) Error() string {
	if b.File == "" {
		return fmt.Sprintf("audit: line %d: %s", b.Line, b.Why)
	}
	return fmt.Sprintf("audit: %s: line %d: %s", b.File, b.Line, b.Why)
}

// VerifyOptions say what is known about a log.
type VerifyOptions struct {
	// Key is the key with which it was written; empty if there was none.
	Key []byte
	// After is the end of the file before it. Default: whatever the first line says, if its number is not 1.
	After *Position
	// Head is how far the log reached at least. Default: unknown, so that lines missing at the end are not found.
	Head *Position

	more bool // another file follows, which can hold the head
}

// Verify reads one file of a log and checks each line. The error is a *Break where the log was changed, ErrKey if the key does
// not fit, or that of the reader. The report counts up to there.
func Verify(r io.Reader, options VerifyOptions) (Report, error) {
	c, err := newChain(options.Key)
	if err != nil {
		return Report{}, fmt.Errorf("audit: %w", err)
	}
	v := verifier{chain: c, head: options.Head, more: options.more, lines: bufio.NewReaderSize(r, MaxLine)}
	if options.After != nil {
		v.report.After, v.report.Last, v.anchored = *options.After, *options.After, true
	}
	err = v.run()
	if broken := (*Break)(nil); errors.As(err, &broken) {
		return v.report, broken
	}
	return v.report, err
}

type verifier struct {
	chain    chain
	head     *Position
	lines    *bufio.Reader
	report   Report
	anchored bool // it is known what the next line follows on
	more     bool
}

func (v *verifier) run() error {
	for {
		line, err := v.lines.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return v.end()
		case err == io.EOF:
			return v.broken("it has no line feed: the line was cut off")
		case errors.Is(err, bufio.ErrBufferFull):
			return v.broken(fmt.Sprintf("it is longer than %d bytes", MaxLine))
		case err != nil:
			return fmt.Errorf("audit: %w", err)
		}
		if err := v.line(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return err
		}
	}
}

func (v *verifier) line(line []byte) error {
	if !v.anchored {
		v.report.After = v.anchor(line)
		v.report.Last, v.anchored = v.report.After, true
	}
	at, object, err := v.chain.follow(v.report.Last, line)
	if errors.Is(err, ErrKey) {
		return ErrKey
	}
	if err != nil {
		return v.broken(err.Error())
	}
	if v.head != nil && at.Seq == v.head.Seq && at.Hash != v.head.Hash {
		return v.broken("it is not the line that the head names: the log was written anew")
	}
	return v.count(at, object)
}

// anchor returns the position that a first line says it follows on; the beginning if it says none.
func (v *verifier) anchor(line []byte) Position {
	object, _, err := v.chain.open(line)
	var l linked
	if err != nil || json.Unmarshal(object, &l) != nil || l.Seq <= 1 {
		return Position{}
	}
	prev, err := hex.DecodeString(l.Prev)
	if err != nil || len(prev) != len(Position{}.Hash) {
		return Position{}
	}
	return Position{l.Seq - 1, [len(Position{}.Hash)]byte(prev)}
}

func (v *verifier) count(at Position, object []byte) error {
	var record Record
	if err := json.Unmarshal(object, &record); err != nil {
		return v.broken("it is not a record")
	}
	if v.report.Lines == 0 && record.Event != EventBegin {
		return v.broken("it is not the beginning of a file: lines were removed before it")
	}
	if v.report.Ended {
		return v.broken("it stands behind the end of the file")
	}
	v.report.Ended = record.Event == EventEnd
	v.report.Lines++
	v.report.Last = at
	if v.report.Lines == 1 {
		v.report.From = record.Time
	}
	v.report.To = record.Time
	if record.Event == EventRecovered {
		v.report.Recoveries = append(v.report.Recoveries, Recovery{Line: v.report.Lines, Note: record.Note})
	}
	return nil
}

// end checks that nothing is missing at the end.
func (v *verifier) end() error {
	if v.head == nil || v.more || v.head.Seq <= v.report.Last.Seq {
		return nil
	}
	return v.broken(fmt.Sprintf("it is missing: the log reached number %d, and ends with %d", v.head.Seq, v.report.Last.Seq))
}

func (v *verifier) broken(why string) error { return &Break{Line: v.report.Lines + 1, Why: why} }
