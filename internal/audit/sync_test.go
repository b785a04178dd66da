package audit

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

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
	big := bigCall()
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
	if got, err := s.verify(); err != nil || got.Lines != 5 {
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
