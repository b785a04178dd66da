package authn

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// fetchTimeout bounds one fetch of an issuer's keys.
	fetchTimeout = 10 * time.Second
	// fetchEvery is the shortest time between two fetches: whoever sends tokens with made-up keys can cause no more.
	fetchEvery = 5 * time.Second
	// maxBackOff is the longest time between two fetches from an issuer that cannot be reached.
	maxBackOff = 30 * time.Second
	// refreshWait is how long a call waits for old keys to be replaced before it uses them.
	refreshWait = 2 * time.Second
)

// issuer keeps the keys of one issuer. They are fetched when a token needs them, so that nothing runs in the background of an
// idle gateway.
type issuer struct {
	config IssuerConfig
	ca     []byte // what CAFile held
	client *http.Client
	now    func() time.Time
	log    *slog.Logger

	mu       sync.Mutex
	keys     []jose.JSONWebKey
	fetched  time.Time     // when keys were fetched
	next     time.Time     // no fetch before
	failures int           // since keys were fetched
	err      error         // of the last fetch
	running  chan struct{} // closed when the fetch under way has ended; nil if there is none
}

func newIssuer(config IssuerConfig, opts Options) (*issuer, error) {
	i := &issuer{config: config, now: opts.Now, log: opts.Log}
	if config.CAFile != "" {
		var err error
		if i.ca, err = os.ReadFile(config.CAFile); err != nil {
			return nil, err
		}
	}
	var err error
	i.client, err = newClient(i.ca)
	return i, err
}

// same reports whether the keys of i serve other as well.
func (i *issuer) same(other *issuer) bool {
	return reflect.DeepEqual(i.config, other.config) && bytes.Equal(i.ca, other.ca)
}

// keysFor returns the keys that may have signed a token. If it has to fetch, it waits no longer than the context.
func (i *issuer) keysFor(ctx context.Context, name, algorithm string) ([]jose.JSONWebKey, error) {
	i.mu.Lock()
	found, age := i.present(name, algorithm)
	if len(found) > 0 && age < i.config.KeyRefresh {
		i.mu.Unlock()
		return found, nil
	}
	running := i.fetchIfDue()
	i.mu.Unlock()
	if len(found) > 0 && age < 2*i.config.KeyRefresh {
		return found, nil
	}
	i.await(ctx, running, len(found) > 0)
	i.mu.Lock()
	defer i.mu.Unlock()
	if found, _ = i.present(name, algorithm); len(found) > 0 {
		return found, nil
	}
	return nil, i.absent(ctx)
}

// newerKeysFor returns keys that may have taken the place of those of the same name that did not fit; none if it is too
// early to ask.
func (i *issuer) newerKeysFor(ctx context.Context, name, algorithm string) []jose.JSONWebKey {
	i.mu.Lock()
	running := i.fetchIfDue()
	i.mu.Unlock()
	if running == nil {
		return nil
	}
	i.await(ctx, running, false)
	i.mu.Lock()
	defer i.mu.Unlock()
	found, _ := i.present(name, algorithm)
	return found
}

// present returns the keys that fit, unless they are too old to be believed, and their age.
func (i *issuer) present(name, algorithm string) ([]jose.JSONWebKey, time.Duration) {
	age := i.now().Sub(i.fetched)
	if len(i.keys) == 0 || age >= i.config.KeyMaxAge {
		return nil, age
	}
	return matching(i.keys, name, algorithm), age
}

// absent says why there is no key: the issuer has none, or cannot be asked.
func (i *issuer) absent(ctx context.Context) *Error {
	switch {
	case i.running != nil:
		return &Error{Reason: IssuerUnavailable, RetryAfter: fetchEvery, Err: context.Cause(ctx)}
	case i.err != nil:
		return &Error{Reason: IssuerUnavailable, RetryAfter: max(i.next.Sub(i.now()), time.Second), Err: i.err}
	}
	return refuse(TokenKeyUnknown, nil)
}

// await waits for a fetch to end, if there is one. With keys at hand it does not wait long.
func (i *issuer) await(ctx context.Context, running <-chan struct{}, keysAtHand bool) {
	if running == nil {
		return
	}
	if keysAtHand {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, refreshWait)
		defer cancel()
	}
	select {
	case <-running:
	case <-ctx.Done():
	}
}

// fetchIfDue returns the fetch under way, after starting one if it may; nil if it may not. It runs on its own, so that it is
// not lost when the caller that needed it leaves.
func (i *issuer) fetchIfDue() <-chan struct{} {
	if i.running != nil || i.now().Before(i.next) {
		return i.running
	}
	i.running = make(chan struct{})
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		keys, err := i.fetch(ctx)
		i.record(keys, err)
	}()
	return i.running
}

// record ends a fetch. Keys at hand stay if it failed.
func (i *issuer) record(keys []jose.JSONWebKey, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	i.err = err
	if err == nil {
		i.keys, i.fetched, i.failures, i.next = keys, now, 0, now.Add(fetchEvery)
		i.log.Debug("issuer keys fetched", "issuer", i.config.URL, "keys", len(keys))
	} else {
		i.next = now.Add(min(maxBackOff, time.Second<<min(i.failures, 10)))
		i.failures++
		i.log.Warn("issuer keys cannot be fetched", "issuer", i.config.URL, "error", err, "keys_at_hand", len(i.keys),
			"next_attempt", i.next)
	}
	close(i.running)
	i.running = nil
}
