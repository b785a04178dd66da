package audit

import (
	"errors"
	"os"
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
	if err != nil || got.Lines != 10 || got.Last.Seq != 10 || got.After != (Position{}) {
		t.Errorf("got %+v, %v", got, err)
	}
	// The oldest files may be taken away, but none in the middle.
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if got, err = s.verify(); err != nil || got.After.Seq != 2 {
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
	if err := os.WriteFile(rotated(s.path, 2), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(big); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(big); err == nil || l.Err() == nil {
		t.Errorf("got %v, %v", err, l.Err())
	}
	if text, _ := os.ReadFile(rotated(s.path, 2)); string(text) != "precious" {
		t.Error("the other file is gone")
	}
	if err := os.Remove(rotated(s.path, 2)); err != nil {
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
	if err := os.Rename(s.path, rotated(s.path, 2)); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(big); err != nil {
		t.Fatal(err)
	}
	if got, err := s.verify(); err != nil || got.Lines != 4 {
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
	if err != nil || got.Lines != 7 {
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
	if got, err = s.verify(); err != nil || got.Lines != 9 || got.Recoveries != nil {
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
	appendN(t, l, 1)
	if got := string(s.read(t)); got != "foreign\n" {
		t.Errorf("it holds %q", got)
	}
}
