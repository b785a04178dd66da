package lease

import (
	"context"
	"errors"
	"time"
)

// Terms say how long a call may go on. A limit of 0 is none; one of the two is required.
type Terms struct {
	// Unattended is how long the call may go on without a sign that somebody cares.
	Unattended time.Duration
	// Longest is how long it may go on at all.
	Longest time.Duration
}

// Lease is what is known of a call's lease at one moment.
type Lease struct {
	// Left is the time until the lease runs out; 0 if it has.
	Left time.Duration
	// Unattended is that of the terms.
	Unattended time.Duration
	// Longest is the time until the lease runs out, whoever cares; Endless if it does not.
	Longest time.Duration
}

// Endless is the time until something that does not happen.
const Endless time.Duration = -1

// ErrNotFound tells that a call has no lease, or that it has run out and was claimed.
var ErrNotFound = errors.New("lease: the call has no lease")

// Store keeps leases, and tells the time. It must be safe for concurrent use, and durable when a method returns.
type Store interface {
	// Grant begins a lease, in place of any before.
	Grant(ctx context.Context, callID string, terms Terms) error
	// Get reads the lease of a call. The error wraps ErrNotFound if there is none.
	Get(ctx context.Context, callID string) (Lease, error)
	// Renew notes that there was a sign so long ago that somebody cares, if the lease was not claimed. The error wraps
	// ErrNotFound if it was, or if there is none.
	Renew(ctx context.Context, callID string, ago time.Duration) (Lease, error)
	// Claim is Get, and keeps others from renewing the lease if it has run out. A lease can be claimed again: whoever claimed
	// it before may have died.
	Claim(ctx context.Context, callID string) (Lease, error)
	// Delete forgets the lease of a call, if there is one.
	Delete(ctx context.Context, callID string) error
	// Check tells why no lease can be granted, as far as that can be told without granting one.
	Check(ctx context.Context) error
	// All lists the calls that have leases.
	All(ctx context.Context) ([]string, error)
	// Close releases what the store holds.
	Close() error
}
