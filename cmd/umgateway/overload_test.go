package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
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
	// samples is how often the modest caller is measured.
	samples = 100
	// maxResident is the most memory that the process may take, in KiB.
	maxResident = 256 << 10
)

// Not in parallel with other tests, whose load would be in the figures.
func TestOneCallersOverloadStaysItsOwn(t *testing.T) {
	s := newSecured(t)
	s.serve(t, &sink{}, s.config(policyOfTheTests, fmt.Sprintf("limits: {per_caller: {rate: %d}}\n", configuredRate)), "--log-level", "ERROR")
	modest := s.client(t, caller{certificate: s.authority.sign(t, 8, "modest.example.com")})
	greedy := s.client(t, bearer(s.issuer.token(t, s.key, nil)))
	alone := measure(t, modest)

	stop := make(chan struct{})
	var group sync.WaitGroup
	var refused, allowed int
	group.Go(func() {
		ticker := time.NewTicker(time.Second / (configuredRate * greed))
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
			switch err := greedy.overGRPC(t.Context(), readIt); {
			case err == nil:
				allowed++
			case status.Code(err) == codes.ResourceExhausted && reasonOf(err) == "RATE_LIMITED":
				refused++
			default:
				t.Errorf("the greedy caller gets %v", err)
			}
		}
	})
	besides := measure(t, modest)
	close(stop)
	group.Wait()
	if refused == 0 {
		t.Error("nothing is refused to the greedy caller")
	}
	resident := s.resident(t)
	if resident > maxResident {
		t.Errorf("the process takes %d KiB, want at most %d", resident, maxResident)
	}
	t.Logf("p99 of the modest caller: %v alone, %v beside one who is refused %d of %d calls; the process takes %d KiB",
		alone, besides, refused, refused+allowed, resident)
}

// measure returns the 99th percentile of how long calls take, at half the configured rate.
func measure(t *testing.T, c *client) time.Duration {
	t.Helper()
	ticker := time.NewTicker(2 * time.Second / configuredRate)
	defer ticker.Stop()
	var took []time.Duration
	for range samples {
		<-ticker.C
		start := time.Now()
		if err := c.overGRPC(t.Context(), readIt); err != nil {
			t.Fatalf("the modest caller gets %v", err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[len(took)*99/100]
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
