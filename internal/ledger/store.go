package ledger

import (
	"context"
	"time"
)

// Store keeps one record for each id. It knows nothing of the states: it is a register with compare-and-swap, a clock and
// two times to live. Implementations are safe for concurrent use; package ledgertest says what they must do.
type Store interface {
	// Swap writes a record if the one in the store still has the version from; the zero version stands for no record. It
	// returns what the store holds afterwards: the write was made if, and only if, that has the version of the write. A
	// write is durable when Swap returns. To repeat a Swap that was made changes nothing. All errors are *StoreError; after one the
	// write may or may not have been made.
	Swap(ctx context.Context, id ID, from Version, write Write) (Snapshot, error)
	// Close ends the use of the store. Later calls fail.
	Close() error
}

// Snapshot is a record as it was at one moment. The zero Snapshot says that there is none.
type Snapshot struct {
	Record
	// Expired says that the lease has run out by the store's clock, or that the process which held it is certainly gone.
	Expired bool
}

// Write is a record to be written, or the wish to remove one.
type Write struct {
	// Record is what to write. With StateNone the record is removed, and the version of the store's answer is zero.
	Record Record
	// Lease is how long the owner may be silent from now.
	Lease time.Duration
	// Keep is how long the record is kept from now. Afterwards it counts as absent.
	Keep time.Duration
}

// Made tells whether found, which Swap returned for the write, says that the write was made.
func (w *Write) Made(found Snapshot) bool { return found.Version == w.Record.Version }
