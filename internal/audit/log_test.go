package audit

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAnotherProcessGoesOnWithTheChain(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	s.write(t, 3)
	s.write(t, 2)
	got, err := s.verify()
	if err != nil || got.Lines != 7 || got.Last.Seq != 7 || got.Recoveries != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOneProcessWritesALog(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	l := s.open(t)
	for _, occasion := range []string{"at once", "after somebody has read the log"} {
		if other, err := Open(s.options()); err == nil {
			t.Errorf("a second Open succeeds %s", occasion)
			_ = other.Close()
		}
		if _, err := s.verify(); err != nil {
			t.Error(err)
		}
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	s.write(t, 1)
	if l.Append(call("late")) == nil || l.Reopen() == nil {
		t.Error("a closed log takes records")
	}
}

func TestManyAppendsAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	for _, policy := range []SyncPolicy{SyncAlways, SyncInterval, SyncNever} {
		s := newStand(t, testKey)
		options := s.options()
		options.Sync, options.Interval, options.MaxBytes = policy, time.Millisecond, MaxLine
		l, err := Open(options)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				for range 20 {
					if err := l.Append(call("x")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := s.verify()
		files, _ := Files(s.path)
		if err != nil || got.Lines != 400+2*len(files)-1 || len(files) < 2 {
			t.Errorf("%s: %+v, %v", policy, got, err)
		}
	}
}

func TestTooLongRecordIsRefused(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	l := s.open(t)
	record := call("SECRET")
	record.Note = strings.Repeat("x", MaxLine)
	if err := l.Append(record); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("got %v", err)
	}
	appendN(t, l, 1)
	if _, err := s.verify(); err != nil {
		t.Error(err)
	}
}

func TestMistakesInOptionsAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := Open(Options{Sync: "sometimes", Interval: -1, MaxBytes: 1})
	for _, want := range []string{"path: required", `sync: "sometimes"`, "interval:", "max_bytes: 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	if _, err := Open(Options{Path: filepath.Join(t.TempDir(), "missing", "audit.jsonl")}); err == nil {
		t.Error("a directory that is missing is no error")
	}
}
