package ledger

import (
	"errors"
	"fmt"
)

var (
	// ErrKey: the key cannot be used. The caller's fault, or the wiring's.
	ErrKey = errors.New("ledger: bad key")
	// ErrReused: the request id was used before with other content (REQUEST_ID_REUSED). The caller's fault.
	ErrReused = errors.New("ledger: the request id was used before with other content")
	// ErrInFlight: TryBegin found the operation in progress.
	ErrInFlight = errors.New("ledger: the operation is in progress")
	// ErrLost: the record is not the owner's any more. Nothing may be sent.
	ErrLost = errors.New("ledger: another owner took the operation over, or its outcome was declared")
	// ErrClosed: the ledger was closed.
	ErrClosed = errors.New("ledger: closed")
	// ErrResultSize: the result is larger than Options.MaxResult. UNKNOWN was recorded in its place.
	ErrResultSize = errors.New("ledger: the result is too large to be recorded")
)

// StoreKind says why a store failed.
type StoreKind int

const (
	// StoreDown: the store does not answer, or not in time.
	StoreDown StoreKind = iota
	// StoreFull: the store has no room for another record: the disk, the memory or a configured limit.
	StoreFull
	// StoreUnsafe: the store could lose what it acknowledged. An operator must change its settings.
	StoreUnsafe
	// StoreBroken: what the store holds is damaged, gone, or may not have reached the disk. An operator must look.
	StoreBroken
)

var storeKindTexts = [...]string{"the store is down", "the store is full", "the store is not durable enough", "the store is damaged"}

// String describes the kind in a few words.
func (k StoreKind) String() string {
	if k < 0 || int(k) >= len(storeKindTexts) {
		return fmt.Sprintf("store kind %d", int(k))
	}
	return storeKindTexts[k]
}

// StoreError is a failure of the store. When Begin or Sent returns it, nothing was sent.
type StoreError struct {
	Op   string // what was tried, for instance "swap"
	Kind StoreKind
	Err  error // for the log
}

// Error describes the failure for the log.
func (e *StoreError) Error() string {
	return fmt.Sprintf("ledger: %s: %v: %v", e.Op, e.Kind, e.Err)
}

// Unwrap returns the cause.
func (e *StoreError) Unwrap() error { return e.Err }

// InterruptedError is what Do returns when the caller's context ends first. Begin returns it when that ends the wait for
// another caller of the same operation, which goes on: then it is Sent, for the request of the other may have left.
type InterruptedError struct {
	// Sent says that the request may have left. The exchange goes on without the caller, who can learn its outcome by a
	// repeat with the same request id. If it is false, nothing was sent, and nothing will be.
	Sent bool
	// Err is the error of the caller's context.
	Err error
}

// Error says whether the operation goes on.
func (e *InterruptedError) Error() string {
	if e.Sent {
		return "ledger: the caller left; the operation goes on: " + e.Err.Error()
	}
	return "ledger: the caller left before anything was sent: " + e.Err.Error()
}

// Unwrap returns the error of the caller's context.
func (e *InterruptedError) Unwrap() error { return e.Err }
