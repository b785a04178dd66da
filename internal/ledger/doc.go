// Package ledger promises that an operation with a side effect, such as ringing a phone, is executed at most once for each
// request id, whatever happens to the caller, to this process or to another that serves the same callers.
//
// # States
//
// A [Key] names an operation: the caller, the backend, the account there, the rpc and the caller's request id. A [Store]
// keeps one record for each key:
//
//	(none)   → RESERVED  somebody owns the operation; nothing was sent
//	RESERVED → SENT      written, and durable, before the first byte leaves
//	RESERVED → (none)    given up; the next caller may try
//	RESERVED → RESERVED  with another owner, once the lease of the first has run out
//	SENT     → ACCEPTED  executed; holds the answer
//	SENT     → REJECTED  refused for good; holds the answer
//	SENT     → UNKNOWN   no answer that can be read, or the owner's lease has run out
//	SENT     → (none)    it is proven that the operation did not run
//	UNKNOWN  → ACCEPTED, REJECTED  the sender was only slow, and has the answer after all
//
// Each arrow is a compare-and-swap. Whoever reserves a key draws a random token, and every later step of the owner checks
// that the record still bears it: an owner that was stalled while another took the reservation over cannot pass from
// RESERVED to SENT any more. Nobody ever takes over from SENT, so that what may have been sent is never sent again.
//
// # Repeats
//
// A repeat with the same content gets the recorded answer, or joins the operation in flight, here or in another process,
// until its own deadline. The same request id with other content is refused ([ErrReused]). UNKNOWN is an answer too, and is
// never a reason to send.
//
// # Failing closed
//
// If the store cannot be written, because it is down, full, or not as durable as it must be, nothing is sent and the error
// is a [*StoreError]; Options.ProceedWithoutStore turns that around. An answer that cannot be recorded at once is given to
// the caller all the same, and recorded when the store is back.
//
// # Time
//
// Leases and retention are judged by the store's clock alone. Clocks of different hosts are never compared. A record is
// forgotten Options.Retention after it was last written; a request id repeated after that is executed again (AIP-155 lets
// the service choose this time).
//
// # Use
//
// [Ledger.Do] does the whole of it, including that the exchange lives on when the caller's deadline ends after the first
// byte. [Ledger.Begin] and [Entry] are the parts that it is made of. Package ledgergrpc is the same as a gRPC interceptor.
//
// draft-ietf-httpapi-idempotency-key-header-07 would refuse a repeat of what is in flight with 409; here it is joined. It
// answers 422 to a reused key; the gateway's code for ErrReused is FAILED_PRECONDITION, which is 400.
package ledger
