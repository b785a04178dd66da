// Package ratelimit bounds how often callers may call.
//
// It promises:
//
//   - A caller who calls too often spends only its own share: what is refused to it is not taken from the total.
//   - A refused call says when the next one can pass.
//   - Memory is bounded, however many callers there are: whoever has not called for longest is forgotten first, and begins
//     anew with a full share.
package ratelimit

import (
	"container/list"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit bounds a stream of calls: a bucket of tokens, of which each call takes one.
type Limit struct {
	// Rate is how many calls per second may pass in the long run. 0: no limit.
	Rate float64 `yaml:"rate"`
	// Burst is how many calls may pass at once after a pause. Default: Rate, rounded up.
	Burst int `yaml:"burst"`
}

// Config says how often callers may call.
type Config struct {
	// PerCaller bounds each caller. Default: no limit.
	PerCaller Limit `yaml:"per_caller"`
	// Total bounds all callers together. Default: no limit.
	Total Limit `yaml:"total"`
	// MaxCallers is how many callers are remembered, at about 300 bytes each. Default 10,000.
	MaxCallers int `yaml:"max_callers"`
}

const defaultMaxCallers = 10_000

// Scope says which limit refused a call.
type Scope string

// The scopes.
const (
	ScopeCaller Scope = "caller"
	ScopeTotal  Scope = "total"
)

// Verdict is the answer to one call.
type Verdict struct {
	// Allowed says that the call may pass.
	Allowed bool
	// Scope is the limit that refused it; empty if Allowed.
	Scope Scope
	// RetryAfter is when a call could pass, if nobody else calls; 0 if Allowed.
	RetryAfter time.Duration
}

// Limiter applies a Config. It may be used by many goroutines at once.
type Limiter struct {
	perCaller Limit
	max       int
	now       func() time.Time

	mu      sync.Mutex
	total   *rate.Limiter
	callers map[string]*list.Element // of *bucket
	recent  *list.List               // the latest caller first
}

type bucket struct {
	caller string
	tokens *rate.Limiter
}

// New makes a Limiter that goes by the clock now; nil stands for time.Now. All mistakes in the configuration are reported
// together.
func New(config Config, now func() time.Time) (*Limiter, error) {
	perCaller, err := config.PerCaller.complete()
	total, totalErr := config.Total.complete()
	var errs []error
	if err != nil {
		errs = append(errs, fmt.Errorf("per_caller: %w", err))
	}
	if totalErr != nil {
		errs = append(errs, fmt.Errorf("total: %w", totalErr))
	}
	if config.MaxCallers < 0 {
		errs = append(errs, errors.New("max_callers: must not be negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("rate limits: %w", err)
	}
	if config.MaxCallers == 0 {
		config.MaxCallers = defaultMaxCallers
	}
	if now == nil {
		now = time.Now
	}
	return &Limiter{
		perCaller: perCaller, max: config.MaxCallers, now: now,
		total: total.bucket(), callers: map[string]*list.Element{}, recent: list.New(),
	}, nil
}

func (l Limit) complete() (Limit, error) {
	switch {
	case math.IsNaN(l.Rate) || math.IsInf(l.Rate, 0) || l.Rate < 0:
		return l, fmt.Errorf("rate: %v is not a number from 0", l.Rate)
	case l.Burst < 0:
		return l, fmt.Errorf("burst: %d is negative", l.Burst)
	case l.Rate == 0 && l.Burst > 0:
		return l, errors.New("burst: has no meaning without a rate")
	case l.Burst == 0:
		l.Burst = int(math.Ceil(min(l.Rate, math.MaxInt32)))
	}
	return l, nil
}

// unlimited is the bucket of whoever is not limited. It has no state.
var unlimited = rate.NewLimiter(rate.Inf, 0)

func (l Limit) bucket() *rate.Limiter {
	if l.Rate == 0 {
		return unlimited
	}
	return rate.NewLimiter(rate.Limit(l.Rate), l.Burst)
}

// Allow decides about a call of a caller, who is known by any text that is the same for all its calls.
func (l *Limiter) Allow(caller string) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	own, wait := take(l.bucketOf(caller), now)
	if wait > 0 {
		return Verdict{Scope: ScopeCaller, RetryAfter: wait}
	}
	if _, wait = take(l.total, now); wait > 0 {
		own.CancelAt(now)
		return Verdict{Scope: ScopeTotal, RetryAfter: wait}
	}
	return Verdict{Allowed: true}
}

// take takes a token, or says how long it takes until there is one.
func take(tokens *rate.Limiter, now time.Time) (*rate.Reservation, time.Duration) {
	reservation := tokens.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return reservation, wait
}

// Callers returns how many callers are remembered.
func (l *Limiter) Callers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.callers)
}

// bucketOf returns the caller's bucket.
func (l *Limiter) bucketOf(caller string) *rate.Limiter {
	if l.perCaller.Rate == 0 {
		return unlimited
	}
	if found, known := l.callers[caller]; known {
		l.recent.MoveToFront(found)
		return found.Value.(*bucket).tokens
	}
	if len(l.callers) >= l.max {
		oldest := l.recent.Back()
		delete(l.callers, l.recent.Remove(oldest).(*bucket).caller)
	}
	fresh := &bucket{caller, l.perCaller.bucket()}
	l.callers[caller] = l.recent.PushFront(fresh)
	return fresh.tokens
}
