package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
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

func TestUnfinishedLineIsCutOffAndReported(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	l := s.open(t)
	appendN(t, l, 1)
	head, err := os.ReadFile(s.path + headSuffix) // as it was before the last line
	if err != nil {
		t.Fatal(err)
	}
	before := len(s.read(t))
	appendN(t, l, 1)
	full := s.read(t)
	for cut := before + 1; cut < len(full); cut += max(1, min(10, len(full)-1-cut)) {
		crashed := &stand{filepath.Join(t.TempDir(), "audit.jsonl"), testKey, s.time}
		crashed.replace(t, full[:cut])
		if err := os.WriteFile(crashed.path+headSuffix, head, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := crashed.verify()
		wantBreak(t, err, 3)
		crashed.write(t, 1)
		got, err := crashed.verify()
		if err != nil || got.Lines != 5 || len(got.Recoveries) != 1 || got.Recoveries[0].Line != 4 || !strings.Contains(got.Recoveries[0].Note, "was cut off") {
			t.Fatalf("cut at %d: %+v, %v", cut, got, err)
		}
	}
}

func TestCrashInTheFirstLineLeavesAnEmptyLog(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	s.replace(t, []byte(`{"seq":1,"ti`))
	s.write(t, 1)
	got, err := s.verify()
	if err != nil || got.Lines != 3 || len(got.Recoveries) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDamagedHeadIsReported(t *testing.T) {
	t.Parallel()
	for name, head := range map[string][]byte{"missing": nil, "damaged": []byte(`{"seq":1,"last":"00","mac":"00"}`), "torn": []byte(`{"se`)} {
		s := newStand(t, testKey)
		s.write(t, 1)
		if err := os.WriteFile(s.path+headSuffix, head, 0o600); err != nil {
			t.Fatal(err)
		}
		s.write(t, 1)
		got, err := s.verify()
		if err != nil || len(got.Recoveries) != 1 || !strings.Contains(got.Recoveries[0].Note, "the head was") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestChangedEndIsNotWrittenOn(t *testing.T) {
	t.Parallel()
	lines := func(text []byte) [][]byte { return bytes.SplitAfter(text, []byte("\n")) }
	for name, test := range map[string]struct {
		change func([]byte) []byte
		want   string
	}{
		"last line removed": {func(text []byte) []byte { return bytes.Join(lines(text)[:3], nil) }, "lines are missing at the end"},
		"last line changed": {func(text []byte) []byte {
			return bytes.Replace(text, []byte(`"request_id":"2"`), []byte(`"request_id":"3"`), 1)
		}, "was changed"},
		"last line without line feed": {func(text []byte) []byte { return text[:len(text)-1] }, "lines are missing at the end"},
		"not a log":                   {func([]byte) []byte { return []byte("hello\n") }, "was changed"},
		"an endless line":             {func([]byte) []byte { return bytes.Repeat([]byte("x"), 3*MaxLine) }, "not an audit log"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, testKey)
			s.write(t, 3)
			changed := test.change(s.read(t))
			s.replace(t, changed)
			if _, err := Open(s.options()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v", err)
			}
			if name != "last line without line feed" && !bytes.Equal(s.read(t), changed) {
				t.Error("the evidence is gone")
			}
		})
	}
}

func TestLastLineReplacedIsNotWrittenOn(t *testing.T) {
	t.Parallel()
	s, other := newStand(t, nil), newStand(t, nil)
	s.write(t, 1)
	other.time = other.time.Add(time.Second)
	other.write(t, 1)
	s.replace(t, other.read(t))
	if _, err := Open(s.options()); err == nil || !strings.Contains(err.Error(), "was replaced") {
		t.Errorf("got %v", err)
	}
}

func TestFullFilesAreMovedAsideWithoutBreakingTheChain(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	options := s.options()
	options.MaxBytes = MaxLine
	l, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	big := call("big")
	big.Fields["x"] = strings.Repeat("x", MaxLine/2)
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
	big := call("big")
	big.Fields["x"] = strings.Repeat("x", MaxLine/2)
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
	big := call("big")
	big.Fields["x"] = strings.Repeat("x", MaxLine/2)
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
		if err != nil || got.Lines != 400+len(files) || len(files) < 2 {
			t.Errorf("%s: %+v, %v", policy, got, err)
		}
	}
}

// faulty is a file of which a test decides what works.
type faulty struct {
	logFile
	write    func([]byte) (int, error)
	truncate func(int64) error
	sync     func() error
}

func (f *faulty) Write(p []byte) (int, error) {
	if f.write != nil {
		return f.write(p)
	}
	return f.logFile.Write(p)
}

func (f *faulty) Truncate(size int64) error {
	if f.truncate != nil {
		return f.truncate(size)
	}
	return f.logFile.Truncate(size)
}

func (f *faulty) Sync() error {
	if f.sync != nil {
		return f.sync()
	}
	return f.logFile.Sync()
}

func TestFullDiskLeavesNoHalfLine(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	l := s.open(t)
	file := &faulty{logFile: l.file}
	file.write = func(p []byte) (int, error) {
		n, _ := file.logFile.Write(p[:len(p)/2])
		return n, syscall.ENOSPC
	}
	l.file = file
	if err := l.Append(call("1")); !errors.Is(err, syscall.ENOSPC) || !errors.Is(l.Err(), syscall.ENOSPC) {
		t.Errorf("got %v, %v", err, l.Err())
	}
	file.write = nil
	if err := l.Append(call("2")); err != nil || l.Err() != nil {
		t.Errorf("got %v, %v", err, l.Err())
	}
	if got, err := s.verify(); err != nil || got.Lines != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestHalfLineThatStaysEndsTheFile(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	l := s.open(t)
	file := &faulty{logFile: l.file, truncate: func(int64) error { return syscall.EIO }}
	file.write = func(p []byte) (int, error) {
		n, _ := file.logFile.Write(p[:len(p)/2])
		return n, syscall.ENOSPC
	}
	l.file = file
	appendErr := l.Append(call("1"))
	file.write = nil
	if err := l.Append(call("2")); appendErr == nil || err == nil || l.Err() == nil {
		t.Fatalf("got %v, %v, %v", appendErr, err, l.Err())
	}
	if err := os.Rename(s.path, rotated(s.path, 1)); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(call("3")); err != nil || l.Err() != nil {
		t.Errorf("got %v, %v", err, l.Err())
	}
	if !bytes.Contains(s.read(t), []byte("lines of the file before may be lost")) {
		t.Error("the new file says nothing about it")
	}
}

func TestFailedSyncEndsTheFile(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	l := s.open(t)
	file := &faulty{logFile: l.file, sync: func() error { return syscall.EIO }}
	l.file = file
	if err := l.Append(call("1")); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
	// The next sync would succeed, although the line may be gone.
	file.sync = nil
	if err := l.Append(call("2")); err == nil || l.Err() == nil {
		t.Errorf("got %v, %v", err, l.Err())
	}
	if head, _, _ := ReadHead(s.path, nil); head.Seq != 1 {
		t.Errorf("the head promises %d lines", head.Seq)
	}
}

func TestWaitingAppendsShareASync(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	l := s.open(t)
	syncs, enter, leave := 0, make(chan struct{}, 10), make(chan struct{})
	written := make(chan struct{}, 11)
	file := &faulty{logFile: l.file, sync: func() error {
		syncs++
		enter <- struct{}{}
		<-leave
		return nil
	}}
	file.write = func(p []byte) (int, error) {
		written <- struct{}{}
		return file.logFile.Write(p)
	}
	l.file = file
	const others = 10
	var group sync.WaitGroup
	group.Go(func() { appendN(t, l, 1) })
	<-written
	<-enter
	for range others {
		group.Go(func() { appendN(t, l, 1) })
	}
	for range others {
		<-written // while the first one waits for its sync
	}
	close(leave)
	group.Wait()
	if syncs != 2 {
		t.Errorf("%d syncs", syncs)
	}
	if head, _, _ := ReadHead(s.path, nil); head.Seq != 2+others {
		t.Errorf("the head is at %d", head.Seq)
	}
}

func TestSyncThatIsOvertakenByAFullFileIsNoFailure(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	options := s.options()
	options.MaxBytes = MaxLine
	l, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	enter, leave := make(chan struct{}), make(chan struct{})
	file := &faulty{logFile: l.file}
	blocked := false
	file.sync = func() error {
		if blocked {
			return file.logFile.Sync()
		}
		blocked = true
		close(enter)
		<-leave
		return os.ErrClosed // as it is by then
	}
	l.file = file
	big := call("big")
	big.Fields["x"] = strings.Repeat("x", MaxLine/2)
	var group sync.WaitGroup
	appendBig := func() {
		if err := l.Append(big); err != nil {
			t.Error(err)
		}
	}
	group.Go(appendBig)
	<-enter
	written := make(chan struct{})
	group.Go(func() {
		if _, err := l.write(big); err != nil {
			t.Error(err)
		}
		close(written)
	})
	<-written
	close(leave)
	group.Wait()
	if l.Err() != nil {
		t.Error(l.Err())
	}
	if got, err := s.verify(); err != nil || got.Lines != 4 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestIntervalEndsWithASync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, nil)
		options := s.options()
		options.Sync, options.Interval = SyncInterval, time.Second
		l, err := Open(options)
		if err != nil {
			t.Fatal(err)
		}
		for step := range 3 {
			appendN(t, l, 2)
			time.Sleep(time.Second - time.Nanosecond)
			synctest.Wait()
			if head, _, _ := ReadHead(s.path, nil); head.Seq != uint64(1+2*step) {
				t.Errorf("before the interval ends, the head is at %d", head.Seq)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if head, _, _ := ReadHead(s.path, nil); head.Seq != uint64(3+2*step) {
				t.Errorf("after the interval, the head is at %d", head.Seq)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWithoutSyncsTheHeadPromisesNothing(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	options := s.options()
	options.Sync = SyncNever
	l, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 3)
	if head, _, _ := ReadHead(s.path, nil); head.Seq != 1 {
		t.Errorf("the head is at %d", head.Seq)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if head, _, _ := ReadHead(s.path, nil); head.Seq != 4 {
		t.Errorf("after Close, the head is at %d", head.Seq)
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
