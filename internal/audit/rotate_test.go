package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestFullFilesAreMovedAsideWithoutBreakingTheChain(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	options := s.options()
	options.MaxBytes = MaxLine
	l, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	big := bigCall()
	for range 5 {
		if err := l.Append(big); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := Files(s.path)
	if err != nil || len(files) != 5 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, name := range files {
		if info, err := os.Stat(name); err != nil || info.Size() > MaxLine {
			t.Errorf("%s: %v, %v", name, info.Size(), err)
		}
	}
	got, err := s.verify()
	if err != nil || got.Lines != 14 || got.Last.Seq != 14 || got.After != (Position{}) {
		t.Errorf("got %+v, %v", got, err)
	}
	// The oldest files may be taken away, but none in the middle.
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if got, err = s.verify(); err != nil || got.After.Seq != 3 {
		t.Errorf("without the oldest: %+v, %v", got, err)
	}
	if err := os.Remove(files[2]); err != nil {
		t.Fatal(err)
	}
	_, err = s.verify()
	wantBreak(t, err, 1)
	if broken := (*Break)(nil); !errors.As(err, &broken) || broken.File != files[3] {
		t.Errorf("broken in %v", err)
	}
}

func TestFullFileReplacesNoOther(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	options := s.options()
	options.MaxBytes = MaxLine
	l, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	big := bigCall()
	if err := os.WriteFile(rotated(s.path, 3), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(big); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(big); err == nil || l.Err() == nil {
		t.Errorf("got %v, %v", err, l.Err())
	}
	if text, _ := os.ReadFile(rotated(s.path, 3)); string(text) != "precious" {
		t.Error("the other file is gone")
	}
	if err := os.Remove(rotated(s.path, 3)); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(big); err != nil || l.Err() != nil {
		t.Errorf("got %v, %v", err, l.Err())
	}
}

func TestFullFileThatWasMovedButNotReplacedIsReplacedLater(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	options := s.options()
	options.MaxBytes = MaxLine
	l, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	big := bigCall()
	if err := l.Append(big); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path, rotated(s.path, 3)); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(big); err != nil {
		t.Fatal(err)
	}
	if got, err := s.verify(); err != nil || got.Lines != 5 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReopenGoesOnInANewFile(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	l := s.open(t)
	appendN(t, l, 2)
	if err := l.Reopen(); err != nil {
		t.Fatalf("nothing was moved: %v", err)
	}
	aside := rotated(s.path, l.Last().Seq)
	if err := os.Rename(s.path, aside); err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 1) // as logrotate has it: into the file that was moved
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 2)
	got, err := s.verify()
	if err != nil || got.Lines != 8 {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	// While nobody writes, the file may be moved as well.
	if err := os.Rename(s.path, rotated(s.path, l.Last().Seq)); err != nil {
		t.Fatal(err)
	}
	s.write(t, 1)
	if got, err = s.verify(); err != nil || got.Lines != 10 || got.Recoveries != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReopenLeavesAForeignFileAlone(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	l := s.open(t)
	if err := os.Rename(s.path, rotated(s.path, 1)); err != nil {
		t.Fatal(err)
	}
	s.replace(t, []byte("foreign\n"))
	if err := l.Reopen(); err == nil {
		t.Fatal("it is written to")
	}
	if l.Err() == nil || l.Append(call("1")) == nil {
		t.Error("a log is written of which another file has the place")
	}
	if got := string(s.read(t)); got != "foreign\n" {
		t.Errorf("it holds %q", got)
	}
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 1)
	if err := l.Reopen(); err != nil || l.Err() != nil {
		t.Errorf("got %v, %v", err, l.Err())
	}
}

func TestMovedFileIsVerifiedWhereItIs(t *testing.T) {
	t.Parallel()
	for name, moved := range map[string]map[string]string{
		"the file":                      {"": ".1"},
		"both":                          {"": ".1", headSuffix: ".1" + headSuffix},
		"both, as logrotate names them": {"": ".1", headSuffix: headSuffix + ".1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, testKey)
			l := s.open(t)
			appendN(t, l, 2)
			for from, to := range moved {
				if err := os.Rename(s.path+from, s.path+to); err != nil {
					t.Fatal(err)
				}
			}
			appendN(t, l, 1)
			if err := l.Reopen(); err != nil {
				t.Fatal(err)
			}
			old := &stand{s.path + ".1", s.key, s.time}
			if got, err := old.verify(); err != nil || got.Lines != 5 || !got.Ended {
				t.Errorf("the old file: %+v, %v", got, err)
			}
			if got, err := s.verify(); err != nil || got.Lines != 1 || got.After.Seq != 5 || got.Ended {
				t.Errorf("the new file, before a call: %+v, %v", got, err)
			}
			appendN(t, l, 2)
			if got, err := s.verify(); err != nil || got.Lines != 3 {
				t.Errorf("the new file: %+v, %v", got, err)
			}
			if other, err := Open(s.options()); err == nil {
				t.Error("the new head is not locked")
				_ = other.Close()
			}
			text := old.read(t)
			old.replace(t, text[:bytes.LastIndexByte(text[:len(text)-1], '\n')+1])
			if _, err := old.verify(); err == nil {
				t.Error("a missing end is not missed")
			}
		})
	}
}

// newRotated is a log whose file was moved away, and begun anew.
func newRotated(t *testing.T) (*stand, *Log) {
	t.Helper()
	s := newStand(t, testKey)
	l := s.open(t)
	if err := os.Rename(s.path, s.path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	return s, l
}

func TestEndedFileIsNotWrittenOn(t *testing.T) {
	t.Parallel()
	s, l := newRotated(t)
	end, _, err := ReadHead(s.path, s.key) // as long as nothing else was synced
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Path: s.path + ".1", Key: s.key}); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("got %v", err)
	}
	line, _ := chain{testKey}.seal(fmt.Appendf(nil, `{"seq":%d,"time":"2026-11-24T12:00:00Z","event":"call","prev":"%x"}`, end.Seq+1, end.Hash))
	old := &stand{s.path + ".1", s.key, s.time}
	old.replace(t, append(old.read(t), line...))
	_, err = old.verify()
	wantBreak(t, err, 3)
}

func TestFileThatCouldNotBeBegunIsBegunLater(t *testing.T) {
	t.Parallel()
	s, l := newRotated(t)
	// As it is if the disk was full.
	end, _, err := ReadHead(s.path, s.key)
	if err := errors.Join(err, l.file.Truncate(0)); err != nil {
		t.Fatal(err)
	}
	l.size, l.last = 0, end
	appendN(t, l, 1)
	if got, err := s.verify(); err != nil || got.Lines != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}
