package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// configuredRate is what one caller may call in a second.
	configuredRate = 100
	// greed is how many times as much the greedy caller calls.
	greed = 10
	// crowd is how many calls of the greedy caller may be under way at once.
	crowd = 8
	// maxResident is the most memory that the process may take, in KiB.
	maxResident = 256 << 10
)

// The modest caller is measured alone and beside the greedy one, by turns.
var (
	samples = flag.Int("samples", 100, "calls in each turn of TestOneCallersOverloadStaysItsOwn")
	rounds  = flag.Int("rounds", 1, "turns of TestOneCallersOverloadStaysItsOwn")
)

// Not in parallel with other tests, whose load would be in the figures.
func TestOneCallersOverloadStaysItsOwn(t *testing.T) {
	s := newSecured(t)
	s.serve(t, &sink{}, s.config(policyOfTheTests, fmt.Sprintf("limits: {per_caller: {rate: %d}}\n", configuredRate)), "--log-level", "ERROR")
	modest := s.client(t, caller{certificate: s.authority.sign(t, 8, "modest.example.com")})
	greedy := s.client(t, bearer(s.issuer.token(t, s.key, nil)))
	var alone, besides []time.Duration
	var refused, allowed atomic.Int64
	var pressed time.Duration // how long the greedy caller calls
	for range *rounds {
		alone = append(alone, measure(t, modest)...)
		start := time.Now()
		stop := press(func() {
			switch err := greedy.overGRPC(t.Context(), readIt); {
			case err == nil:
				allowed.Add(1)
			case status.Code(err) == codes.ResourceExhausted && reasonOf(err) == "RATE_LIMITED":
				refused.Add(1)
			default:
				t.Errorf("the greedy caller gets %v", err)
			}
		})
		besides = append(besides, measure(t, modest)...)
		stop()
		pressed += time.Since(start)
	}
	slices.Sort(alone)
	slices.Sort(besides)
	offered := float64(refused.Load()+allowed.Load()) / pressed.Seconds()
	if refused.Load() == 0 {
		t.Error("nothing is refused to the greedy caller")
	}
	resident := s.resident(t)
	if resident > maxResident {
		t.Errorf("the process takes %d KiB, want at most %d", resident, maxResident)
	}
	t.Logf("configured: %d calls a second for each caller; the greedy one sends %.0f a second, of which %d of %d are refused",
		configuredRate, offered, refused.Load(), refused.Load()+allowed.Load())
	t.Logf("the modest caller's p50 and p99: %v and %v alone, %v and %v beside the greedy one",
		alone[len(alone)/2], alone[len(alone)*99/100], besides[len(besides)/2], besides[len(besides)*99/100])
	t.Logf("the process takes %d KiB of memory at most", resident)
}

// press calls at an even pace, until it is told to stop.
func press(call func()) (stop func()) {
	var group sync.WaitGroup
	turns, ended := make(chan struct{}), make(chan struct{})
	for range crowd {
		group.Go(func() {
			for range turns {
				call()
			}
		})
	}
	group.Go(func() {
		defer close(turns)
		ticker := time.NewTicker(time.Second / (configuredRate * greed))
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				turns <- struct{}{}
			}
		}
	})
	return func() {
		close(ended)
		group.Wait()
	}
}

// measure returns how long calls take at half the configured rate.
func measure(t *testing.T, c *client) []time.Duration {
	t.Helper()
	ticker := time.NewTicker(2 * time.Second / configuredRate)
	defer ticker.Stop()
	var took []time.Duration
	for range *samples {
		<-ticker.C
		start := time.Now()
		if err := c.overGRPC(t.Context(), readIt); err != nil {
			t.Fatalf("the modest caller gets %v", err)
		}
		took = append(took, time.Since(start))
	}
	return took
}

// resident is the memory that the process takes, in KiB.
func (s *secured) resident(t *testing.T) int {
	t.Helper()
	for line := range strings.Lines(read(t, fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib
		}
	}
	t.Fatal("the system does not tell how much memory a process takes")
	return 0
}
