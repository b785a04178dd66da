package lease

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Keeper grants leases and hangs up when they run out. It is safe for concurrent use.
type Keeper struct {
	config Config
	store  Store
	stop   context.CancelFunc
	alive  context.Context
	tasks  sync.WaitGroup

	mu    sync.Mutex
	calls map[string]time.Time // those that a task looks after, and when somebody was last seen here who cares
	// scanned is closed when the store was read for the first time, or could not be.
	scanned chan struct{}
}

// Open makes a keeper over a store, which it owns from then on, and takes up the leases in it.
func Open(store Store, config Config) (*Keeper, error) {
	if err := config.setDefaults(); err != nil {
		return nil, err
	}
	k := &Keeper{config: config, store: store, calls: map[string]time.Time{}, scanned: make(chan struct{})}
	k.alive, k.stop = context.WithCancel(context.Background())
	k.tasks.Go(k.scan)
	return k, nil
}

// Close ends the keeper and the store. Leases go on to count, and are taken up by whoever opens the store next.
func (k *Keeper) Close() error {
	k.mu.Lock() // so that no task begins afterwards
	k.stop()
	k.mu.Unlock()
	k.tasks.Wait()
	return k.store.Close()
}

// Check tells why no lease can be granted, as far as that can be told without granting one: before a telephone rings that would
// have to be hung up again.
func (k *Keeper) Check(ctx context.Context) error {
	if err := k.store.Check(ctx); err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	return nil
}

// Grant begins a lease. A limit of 0 is none; one of the two is required.
func (k *Keeper) Grant(ctx context.Context, callID string, unattended, longest time.Duration) error {
	if unattended <= 0 && longest <= 0 {
		return errors.New("lease: a limit is required")
	}
	if err := k.store.Grant(ctx, callID, Terms{Unattended: max(unattended, 0), Longest: max(longest, 0)}); err != nil {
		return fmt.Errorf("lease: grant: %w", err)
	}
	k.look(callID)
	return nil
}

// Renew begins the unattended time anew, and returns when the lease runs out. The error wraps ErrNotFound if there is none,
// or if it has run out.
func (k *Keeper) Renew(ctx context.Context, callID string) (time.Time, error) {
	l, err := k.store.Renew(ctx, callID, 0)
	if err != nil {
		k.Seen(callID) // if the store is away, it is written down when it is back
		return time.Time{}, fmt.Errorf("lease: renew: %w", err)
	}
	k.look(callID)
	return time.Now().Add(l.Left), nil
}

// Seen notes that somebody was there a moment ago who cares about a call. It is quick, and nothing happens if the call has
// no lease.
func (k *Keeper) Seen(callID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, looked := k.calls[callID]; looked {
		k.calls[callID] = time.Now()
	}
}

// Release forgets the lease of a call that has ended.
func (k *Keeper) Release(ctx context.Context, callID string) error {
	if err := k.store.Delete(ctx, callID); err != nil {
		return fmt.Errorf("lease: release: %w", err)
	}
	return nil
}

// Has tells whether a call has a lease, as far as is known here: leases that another gateway grants are known after
// Config.Rescan. Right after the start it waits until the store was read.
func (k *Keeper) Has(ctx context.Context, callID string) bool {
	select {
	case <-k.scanned:
	case <-ctx.Done():
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	_, looked := k.calls[callID]
	return looked
}

// scan takes up the leases in the store, at first and from time to time.
func (k *Keeper) scan() {
	strangers := map[string]bool{} // backends that are not served here
	for away, first := false, true; ; first = false {
		calls, err := k.store.All(k.alive)
		if err != nil && !away && k.alive.Err() == nil {
			k.config.Log.Error("leases cannot be read", "error", err)
		}
		away = err != nil
		for _, callID := range calls {
			if k.config.Serves(callID) {
				k.look(callID)
			} else if backend, _ := SplitKey(callID); !strangers[backend] {
				strangers[backend] = true
				k.config.Log.Warn("there are leases of a backend that is not configured: its calls are not hung up here", "backend", backend)
			}
		}
		if first {
			close(k.scanned)
			k.warn(err)
		}
		if !k.sleep(k.config.Rescan) {
			return
		}
	}
}

// warn tells whoever starts the gateway that no leases can be granted, unless they have read that the store is away.
func (k *Keeper) warn(away error) {
	if away != nil {
		return
	}
	if err := k.store.Check(k.alive); err != nil && k.alive.Err() == nil {
		k.config.Log.Error("leases cannot be granted", "error", err)
	}
}

// look makes sure that a task looks after a call.
func (k *Keeper) look(callID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, looked := k.calls[callID]; looked || k.alive.Err() != nil {
		return
	}
	k.calls[callID] = time.Time{}
	k.tasks.Go(func() {
		t := task{Keeper: k, callID: callID}
		t.run()
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.calls, callID)
	})
}

// seen is when somebody was last seen here who cares about a call.
func (k *Keeper) seen(callID string) time.Time {
	if k.config.Attended(callID) {
		return time.Now()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.calls[callID]
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
