package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// measured is what the rounds of an entrant brought. Ratios are to the first entrant in the same round.
type measured struct {
	entrant
	cpu, rate, p50, p99           figure // µs, 1/s, µs, µs
	cpuRatio, rateRatio, p99Ratio figure
	resident                      int64 // the most, in bytes
}

// run holds a contest.
func (c contest) run(ctx context.Context, b *bench) ([]measured, error) {
	s, err := b.prepare(ctx, c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", c.title, err), s.stop())
	}
	results := make([]measured, len(c.entrants))
	for i := range results {
		results[i].entrant = c.entrants[i]
	}
	for round := range b.rounds {
		for _, turn := range turns(len(c.entrants), round) {
			if err := s.measure(turn, b.duration, &results[turn]); err != nil {
				return nil, errors.Join(fmt.Errorf("%s: %s: %w", c.title, c.entrants[turn].name, err), s.stop())
			}
		}
		for i := range results {
			results[i].compare(&results[0], round)
		}
	}
	return results, s.stop()
}

// turns is the order in a round: nobody always begins, and nobody always follows the same.
func turns(n, round int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = (i + round/2) % n
	}
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// compare adds the ratios of a round.
func (m *measured) compare(base *measured, round int) {
	m.cpuRatio = append(m.cpuRatio, m.cpu[round]/base.cpu[round])
	m.rateRatio = append(m.rateRatio, m.rate[round]/base.rate[round])
	m.p99Ratio = append(m.p99Ratio, m.p99[round]/base.p99[round])
}

// measure has one entrant called for a while.
func (s *stand) measure(i int, d time.Duration, m *measured) error {
	server := s.servers[m.server]
	postsBefore, err := s.posts()
	if err != nil {
		return err
	}
	cpuBefore, err := server.cpu()
	if err != nil {
		return err
	}
	var r result
	if err := s.loads[i].ask(order{For: d}, &r); err != nil {
		return err
	}
	cpuAfter, err := server.cpu()
	if err != nil {
		return err
	}
	posts, err := s.posts()
	if err != nil {
		return err
	}
	if posts -= postsBefore; posts != r.Calls {
		return fmt.Errorf("%d calls were made, but %d requests reached the backend", r.Calls, posts)
	}
	resident, err := server.resident()
	if err != nil {
		return err
	}
	m.cpu = append(m.cpu, micros(cpuAfter-cpuBefore)/float64(r.Calls))
	m.rate = append(m.rate, float64(r.Calls)/r.Seconds)
	m.p50 = append(m.p50, micros(r.P50))
	m.p99 = append(m.p99, micros(r.P99))
	m.resident = max(m.resident, resident)
	return nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// posts asks the backend how many requests it has got.
func (s *stand) posts() (int, error) { return s.ask("/") }

// ask asks the backend for a number.
func (s *stand) ask(path string) (int, error) {
	response, err := http.Get("http://" + s.backend.address["SOAP"] + path)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	count, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(count))
}
