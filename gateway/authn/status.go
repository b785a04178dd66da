package authn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// IssuerStatus is how it stands with one issuer of tokens.
type IssuerStatus struct {
	// URL names the issuer.
	URL string
	// Keys is how many of its keys are at hand and young enough to be believed. With none, its tokens cannot be checked.
	Keys int
	// Fetched is when they were fetched; zero if never.
	Fetched time.Time
	// Err is why the last fetch failed; nil if it did not, or none was tried yet.
	Err error
}

// Issuers tells how it stands with each issuer, in the order of their URLs.
func (a *Authenticator) Issuers() []IssuerStatus {
	if a.tokens == nil {
		return nil
	}
	var all []IssuerStatus
	for _, i := range a.tokens.issuers {
		i.mu.Lock()
		keys, _ := i.present("", "")
		all = append(all, IssuerStatus{URL: i.config.URL, Keys: len(keys), Fetched: i.fetched, Err: i.err})
		i.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b IssuerStatus) int { return strings.Compare(a.URL, b.URL) })
	return all
}

// Warm fetches the keys of all issuers that have none yet, all at once, so that the first call need not wait for them. Its
// error tells which issuers could not be asked within the context; they are asked again when a token of theirs comes.
func (a *Authenticator) Warm(ctx context.Context) error {
	if a.tokens == nil {
		return nil
	}
	var group sync.WaitGroup
	for _, i := range a.tokens.issuers {
		group.Go(func() { i.warm(ctx) })
	}
	group.Wait()
	var errs []error
	for _, status := range a.Issuers() {
		if status.Keys == 0 {
			errs = append(errs, fmt.Errorf("issuer %q: %w", status.URL, cause(ctx, status.Err)))
		}
	}
	return errors.Join(errs...)
}

func (i *issuer) warm(ctx context.Context) {
	i.mu.Lock()
	keys, _ := i.present("", "")
	if len(keys) > 0 {
		i.mu.Unlock()
		return
	}
	running := i.fetchIfDue()
	i.mu.Unlock()
	i.await(ctx, running, false)
}

func cause(ctx context.Context, err error) error {
	if err == nil {
		return context.Cause(ctx)
	}
	return err
}

// issuer returns the issuer of that URL; nil if there is none.
func (a *Authenticator) issuer(url string) *issuer {
	if a == nil || a.tokens == nil {
		return nil
	}
	return a.tokens.issuers[url]
}
