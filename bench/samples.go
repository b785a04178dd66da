package main

import (
	"slices"
	"time"
)

// summarize puts the calls of all connections together.
func summarize(took [][]time.Duration, elapsed time.Duration) result {
	all := slices.Concat(took...)
	slices.Sort(all)
	return result{Calls: len(all), Seconds: elapsed.Seconds(), P50: quantile(all, 0.5), P99: quantile(all, 0.99)}
}

// quantile returns the least value that is not below the given share of the values, which are sorted; 0 if there are none.
func quantile[T any](sorted []T, share float64) (q T) {
	if len(sorted) == 0 {
		return q
	}
	i := int(share * float64(len(sorted)))
	if float64(i) == share*float64(len(sorted)) {
		i--
	}
	return sorted[max(i, 0)]
}

// figure is what was measured in several rounds.
type figure []float64

// median of the rounds; the mean of the middle two if their number is even.
func (f figure) median() float64 {
	if len(f) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(f))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// noise is how far the middle half of the rounds reaches, as a share of the median.
func (f figure) noise() float64 {
	if len(f) == 0 || f.median() == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(f))
	return (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / f.median()
}
