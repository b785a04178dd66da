package resilience

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// model is a server that shares its processors among the requests that it has, and that loses time over more requests than
// processors. Like ASP.NET it finishes what it began, also when nobody waits for the answer any more.
type model struct {
	processors float64
	friction   float64 // the share of its speed that each further request costs

	mu      sync.Mutex
	jobs    map[*job]bool
	updated time.Time
	timer   *time.Timer
	wasted  int // executed for nobody
}

type job struct {
	left float64 // seconds of work
	done chan struct{}
	gone bool
}

func newModel(processors, friction float64) *model {
	return &model{processors: processors, friction: friction, jobs: map[*job]bool{}, updated: time.Now()}
}

func (m *model) do(ctx context.Context, work float64) error {
	j := &job{left: work, done: make(chan struct{})}
	m.change(func() { m.jobs[j] = true })
	select {
	case <-j.done:
		return nil
	case <-ctx.Done():
		m.change(func() { j.gone = true })
		return &transport.Error{Op: "read", Kind: transport.KindDeadline, Sent: transport.FullySent, Err: ctx.Err()}
	}
}

// change lets the jobs go on up to now, changes something, and sets the timer for the next job that ends.
func (m *model) change(what func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	passed := time.Since(m.updated).Seconds() * m.speed()
	m.updated = time.Now()
	for j := range m.jobs {
		if j.left -= passed; j.left <= 1e-6 {
			delete(m.jobs, j)
			close(j.done)
			if j.gone {
				m.wasted++
			}
		}
	}
	what()
	if m.timer != nil {
		m.timer.Stop()
	}
	if len(m.jobs) == 0 {
		return
	}
	shortest := math.Inf(1)
	for j := range m.jobs {
		shortest = min(shortest, j.left)
	}
	m.timer = time.AfterFunc(time.Duration(shortest/m.speed()*1e9)+time.Microsecond, func() { m.change(func() {}) })
}

// speed is how quickly each job goes on.
func (m *model) speed() float64 {
	n := float64(len(m.jobs))
	if n == 0 {
		return 0
	}
	return min(1, m.processors/n) / (1 + m.friction*max(0, n-m.processors))
}

// load is what callers want of the server.
type load struct {
	perSecond float64
	work      func(*rand.Rand) float64 // seconds of one request
	patience  time.Duration
}

// serve lets a load run for a quarter of a minute, through a line with these limits, and counts the calls answered and those
// executed for nobody.
func serve(t *testing.T, processors, friction float64, load load, least, most int) (answered, refusedOrLate, wasted int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		server := newModel(processors, friction)
		l := newLine(Config{MinConcurrent: least, MaxConcurrent: most, MaxWaiters: 1000})
		var mu sync.Mutex
		var calls sync.WaitGroup
		for start := time.Now(); time.Since(start) < 15*time.Second; {
			time.Sleep(time.Duration(random.ExpFloat64() / load.perSecond * 1e9))
			work := load.work(random)
			calls.Go(func() {
				err := call(t.Context(), l, server, work, load.patience)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					answered++
				} else {
					refusedOrLate++
				}
			})
		}
		calls.Wait()
		time.Sleep(time.Minute) // the server finishes what it began
		server.change(func() { wasted = server.wasted })
	})
	return answered, refusedOrLate, wasted
}

func call(ctx context.Context, l *line, server *model, work float64, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := l.enter(ctx, transport.PriorityNormal, time.Now().Add(patience/2)); err != nil {
		return err
	}
	start := time.Now()
	err := server.do(ctx, work)
	v := verdict{outcome: well}
	if err != nil {
		v = judge(nil, err, time.Since(start), stall)
	}
	l.leave(true, v.overloaded)
	return err
}

func about(seconds float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return seconds * (0.5 + r.Float64()) }
}

func TestAnAdaptiveLimitIsBetterThanAFixedOneWhereThereIsOverload(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                 string
		processors, friction float64
		load                 load
		better               float64 // how many times the answers of a fixed limit
	}{
		{"a small server", 8, 0, load{300, about(0.05), 2 * time.Second}, 1.2},
		{"one that loses time over too many requests", 16, 0.05, load{500, about(0.05), 2 * time.Second}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fixed, _, wastedByFixed := serve(t, tt.processors, tt.friction, tt.load, 128, 128)
			adaptive, _, wasted := serve(t, tt.processors, tt.friction, tt.load, 4, 128)
			t.Logf("answered %d with a fixed limit, %d with an adaptive one; executed for nobody %d and %d", fixed, adaptive, wastedByFixed, wasted)
			if float64(adaptive) < tt.better*float64(fixed) {
				t.Errorf("an adaptive limit lets %d calls be answered, a fixed one %d: want %g times as many", adaptive, fixed, tt.better)
			}
			if share, byFixed := shareOf(wasted, adaptive), shareOf(wastedByFixed, fixed); share > byFixed/4 {
				t.Errorf("%g of what the server did was for nobody, with a fixed limit %g: want a quarter of that at most", share, byFixed)
			}
		})
	}
}

func shareOf(part, rest int) float64 { return float64(part) / float64(part+rest) }

// Dials take seconds where polls take milliseconds: a limit that follows latency would take the mix for overload.
func TestAnAdaptiveLimitLeavesAHealthyServerAlone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		load load
	}{
		{"short requests", load{1000, about(0.05), 8 * time.Second}},
		{"dials among polls", load{300, func(r *rand.Rand) float64 {
			if r.Float64() < 0.1 {
				return 2
			}
			return 0.02
		}, 8 * time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, refusedOrLate, _ := serve(t, 100, 0, tt.load, 4, 128); refusedOrLate != 0 {
				t.Errorf("%d calls were refused or came too late", refusedOrLate)
			}
		})
	}
}
