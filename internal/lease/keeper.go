package lease

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Config sets up a Keeper. Zero values stand for the defaults.
type Config struct {
	// HangUp ends a call. It returns nil also if the call has ended already. Required.
	HangUp func(ctx context.Context, callID string) error
	// Attended tells whether somebody cares about a call at this moment. Default: nobody does.
	Attended func(callID string) bool
	// HangUpTimeout bounds one try to hang up. Default 8 s.
	HangUpTimeout time.Duration
	// RetryWait is the time between two tries; it doubles up to ten times its value. Default 1 s.
	RetryWait time.Duration
	// GiveUp is after how long a call that cannot be hung up is forgotten. Default 1 h.
	GiveUp time.Duration
	// Rescan is how often the store is read for the leases of other gateways that may have died. Default 10 s.
	Rescan time.Duration
	// Log tells about calls that were hung up, and tries that failed. Default: nowhere.
	Log *slog.Logger
}

// Keeper grants leases and hangs up when they run out. It is safe for concurrent use.
type Keeper struct {
	config Config
	store  Store
	stop   context.CancelFunc
	alive  context.Context
	tasks  sync.WaitGroup

	mu    sync.Mutex
	calls map[string]struct{} // those that a task looks after
}

// Open makes a keeper over a store, which it owns from then on, and takes up the leases in it.
func Open(store Store, config Config) (*Keeper, error) {
	if config.HangUp == nil {
		return nil, errors.New("lease: a function that hangs up is required")
	}
	if config.Attended == nil {
		config.Attended = func(string) bool { return false }
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range [...]struct {
		value    *time.Duration
		standard time.Duration
	}{{&config.HangUpTimeout, 8 * time.Second}, {&config.RetryWait, time.Second}, {&config.GiveUp, time.Hour}, {&config.Rescan, 10 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	k := &Keeper{config: config, store: store, calls: map[string]struct{}{}}
	k.alive, k.stop = context.WithCancel(context.Background())
	k.tasks.Go(k.scan)
	return k, nil
}

// Close ends the keeper and the store. Leases go on to count, and are taken up by whoever opens the store next.
func (k *Keeper) Close() error {
	k.stop()
	k.tasks.Wait()
	return k.store.Close()
}

// Grant begins a lease. A limit of 0 is none; one of the two is required.
func (k *Keeper) Grant(ctx context.Context, callID string, unattended, longest time.Duration) error {
	if unattended <= 0 && longest <= 0 {
		return errors.New("lease: a limit is required")
	}
	l := Lease{CallID: callID, Unattended: max(unattended, 0), Renewed: time.Now()}
	if longest > 0 {
		l.End = l.Renewed.Add(longest)
	}
	if err := k.store.Put(ctx, l); err != nil {
		return fmt.Errorf("lease: grant: %w", err)
	}
	k.look(l)
	return nil
}

// Renew begins the unattended time anew, and returns when the lease runs out. The error wraps ErrNotFound if there is none.
func (k *Keeper) Renew(ctx context.Context, callID string) (time.Time, error) {
	l, err := k.store.Get(ctx, callID)
	if err != nil {
		return time.Time{}, fmt.Errorf("lease: renew: %w", err)
	}
	l.Renewed = time.Now()
	if err := k.store.Put(ctx, l); err != nil {
		return time.Time{}, fmt.Errorf("lease: renew: %w", err)
	}
	k.look(l)
	return l.expiry(), nil
}

// Release forgets the lease of a call that has ended.
func (k *Keeper) Release(ctx context.Context, callID string) error {
	if err := k.store.Delete(ctx, callID); err != nil {
		return fmt.Errorf("lease: release: %w", err)
	}
	return nil
}

// scan takes up the leases in the store, at first and from time to time.
func (k *Keeper) scan() {
	for {
		leases, err := k.store.All(k.alive)
		if err != nil && k.alive.Err() == nil {
			k.config.Log.Error("leases cannot be read", "error", err)
		}
		for _, l := range leases {
			k.look(l)
		}
		if !k.sleep(k.config.Rescan) {
			return
		}
	}
}

// look makes sure that a task looks after a lease.
func (k *Keeper) look(l Lease) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, looked := k.calls[l.CallID]; looked || k.alive.Err() != nil {
		return
	}
	k.calls[l.CallID] = struct{}{}
	k.tasks.Go(func() {
		k.keep(l)
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.calls, l.CallID)
	})
}

// keep waits until a lease has run out, and then hangs up.
func (k *Keeper) keep(l Lease) {
	for {
		// Who is attended says so in good time, since another gateway that shares the store does not see it.
		margin := min(l.Unattended, time.Until(l.expiry())) / 3
		if !k.sleep(time.Until(l.expiry()) - margin) {
			return
		}
		if l.Unattended > 0 && k.config.Attended(l.CallID) {
			if _, err := k.Renew(k.alive, l.CallID); err != nil && !errors.Is(err, ErrNotFound) {
				k.config.Log.Warn("a lease cannot be renewed", "error", err)
			}
		}
		if !k.sleep(min(margin, time.Until(l.expiry()))) {
			return
		}
		current, err := k.store.Get(k.alive, l.CallID)
		switch {
		case errors.Is(err, ErrNotFound):
			return
		case err != nil && k.alive.Err() != nil:
			return
		case err != nil: // nobody can have renewed it either
			k.config.Log.Error("a lease cannot be read", "error", err)
		default:
			l = current
		}
		if !time.Now().Before(l.expiry()) {
			k.end(l)
			return
		}
	}
}

// end hangs up, and tries again as long as that fails.
func (k *Keeper) end(l Lease) {
	wait := k.config.RetryWait
	for {
		limited, cancel := context.WithTimeout(k.alive, k.config.HangUpTimeout)
		err := k.config.HangUp(limited, l.CallID)
		cancel()
		if err == nil || time.Since(l.expiry()) > k.config.GiveUp {
			k.config.Log.Info("a call was hung up because its lease ran out", "error", err)
			if err := k.Release(k.alive, l.CallID); err != nil && k.alive.Err() == nil {
				k.config.Log.Warn("a lease cannot be forgotten", "error", err)
			}
			return
		}
		k.config.Log.Warn("a call whose lease ran out cannot be hung up yet", "error", err)
		if !k.sleep(wait) {
			return
		}
		wait = min(wait*2, 10*k.config.RetryWait)
	}
}

// sleep waits, and tells whether the keeper goes on.
func (k *Keeper) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-k.alive.Done():
		return false
	case <-timer.C:
		return true
	}
}
