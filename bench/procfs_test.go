package main

import (
	"testing"
	"time"
)

func TestProcessorTimeIsReadFromProcStat(t *testing.T) {
	t.Parallel()
	// The form is that of proc_pid_stat(5); the name may hold spaces and parentheses.
	for _, name := range []string{"bench", "a b) (c", ")"} {
		stat := "4711 (" + name + ") S 1 4711 4711 0 -1 4194560 1999 0 1 0 250 50 7 8 20 0 9 0 12345 1250000 1500 18446744073709551615\n"
		if got, err := parseStat([]byte(stat)); err != nil || got != 3*time.Second {
			t.Errorf("%q: got %v, %v, want 3s", name, got, err)
		}
	}
	for _, stat := range []string{"", "1 (x) S", "1 (x) S 1 2 3 4 5 6 7 8 9 10 a b 1"} {
		if got, err := parseStat([]byte(stat)); err == nil {
			t.Errorf("%q: got %v, want an error", stat, got)
		}
	}
}

func TestResidentMemoryIsReadFromProcStatus(t *testing.T) {
	t.Parallel()
	if got, err := parseStatus([]byte("Name:\tbench\nVmHWM:\t   30000 kB\nVmRSS:\t   20480 kB\nThreads:\t9\n")); err != nil || got != 20<<20 {
		t.Errorf("got %d, %v, want %d", got, err, 20<<20)
	}
	for _, status := range []string{"", "Name:\tx\nVmHWM:\t1 kB\n", "\nVmRSS:\t12\n"} {
		if got, err := parseStatus([]byte(status)); err == nil {
			t.Errorf("%q: got %v, want an error", status, got)
		}
	}
}
