package lease

import (
	"context"
	"errors"
	"time"
)

// Lease is how long a call may go on.
type Lease struct {
	CallID string `json:"call_id"`
	// Unattended is how long it may go on without a sign that somebody cares; 0 for without limit.
	Unattended time.Duration `json:"unattended,omitempty"`
	// Renewed is when the last such sign was seen.
	Renewed time.Time `json:"renewed"`
	// End is when it ends in any case; zero for never.
	End time.Time `json:"end,omitzero"`
}

// expiry is when the lease runs out.
func (l Lease) expiry() time.Time {
	if l.Unattended == 0 {
		return l.End
	}
	unattended := l.Renewed.Add(l.Unattended)
	if l.End.IsZero() || unattended.Before(l.End) {
		return unattended
	}
	return l.End
}

// ErrNotFound tells that a call has no lease.
var ErrNotFound = errors.New("lease: the call has no lease")

// Store keeps leases. It must be safe for concurrent use, and durable when Put returns.
type Store interface {
	// Put writes a lease, in place of any before.
	Put(ctx context.Context, l Lease) error
	// Get reads the lease of a call. The error wraps ErrNotFound if there is none.
	Get(ctx context.Context, callID string) (Lease, error)
	// Delete forgets the lease of a call, if there is one.
	Delete(ctx context.Context, callID string) error
	// All reads every lease.
	All(ctx context.Context) ([]Lease, error)
	// Close releases what the store holds.
	Close() error
}
