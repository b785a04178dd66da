package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestQuantileIsTheLeastValueThatIsNotBelowTheShare(t *testing.T) {
	t.Parallel()
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, c := range []struct {
		sorted []int
		share  float64
		want   int
	}{
		{nil, 0.5, 0},
		{[]int{7}, 0.99, 7},
		{[]int{1, 2, 3}, 0.5, 2},
		{[]int{1, 2, 3, 4}, 0.5, 2},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred[:99], 0.99, 99},
		{hundred, 0, 1},
		{hundred, 1, 100},
	} {
		if got := quantile(c.sorted, c.share); got != c.want {
			t.Errorf("quantile(%d values, %g) = %d, want %d", len(c.sorted), c.share, got, c.want)
		}
	}
}

func TestMedianAndNoiseDoNotDependOnTheOrderOfTheRounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rounds        figure
		median, noise float64
	}{
		{nil, 0, 0},
		{figure{5}, 5, 0},
		{figure{3, 1, 2}, 2, 1},
		{figure{4, 1, 3, 2}, 2.5, 0.8},
		{figure{10, 10, 10, 1000}, 10, 0},
	} {
		before := slices.Clone(c.rounds)
		if got := c.rounds.median(); got != c.median {
			t.Errorf("median of %v = %g, want %g", c.rounds, got, c.median)
		}
		if got := c.rounds.noise(); math.Abs(got-c.noise) > 1e-9 {
			t.Errorf("noise of %v = %g, want %g", c.rounds, got, c.noise)
		}
		if !slices.Equal(before, c.rounds) {
			t.Errorf("the rounds were reordered: %v became %v", before, c.rounds)
		}
	}
}

func TestSummarizeCountsTheCallsOfAllConnections(t *testing.T) {
	t.Parallel()
	got := summarize([][]time.Duration{{3 * time.Second, time.Second}, nil, {2 * time.Second}}, 4*time.Second)
	if want := (result{Calls: 3, Seconds: 4, P50: 2 * time.Second, P99: 3 * time.Second}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEveryRoundHasEveryTurnAndNobodyAlwaysBegins(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 4; n++ {
		first := map[int]bool{}
		for round := range 2 * n {
			order := turns(n, round)
			first[order[0]] = true
			slices.Sort(order)
			if len(slices.Compact(order)) != n || order[0] != 0 || order[n-1] != n-1 {
				t.Errorf("turns(%d, %d) leaves somebody out: %v", n, round, turns(n, round))
			}
		}
		if len(first) != n {
			t.Errorf("with %d entrants only %d ever begin", n, len(first))
		}
	}
}

func TestVerdictJudgesWhatIsShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		relation      string
		value, target float64
		want          string
	}{
		{"≤", 0.5, 0, ""},
		{"≤", 0.7, 0.8, "≤ 0.80 met"},
		{"≤", 0.804, 0.8, "≤ 0.80 met"},
		{"≤", 0.806, 0.8, "≤ 0.80 MISSED"},
		{"≥", 1.29, 1.3, "≥ 1.30 MISSED"},
		{"≥", 1.31, 1.3, "≥ 1.30 met"},
		{"≤", 80, 80, "≤ 80 met"},
	} {
		if got := verdict(c.relation, c.value, c.target); got != c.want {
			t.Errorf("verdict(%s, %g, %g) = %q, want %q", c.relation, c.value, c.target, got, c.want)
		}
	}
}
