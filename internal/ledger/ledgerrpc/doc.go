// Package ledgerrpc puts a ledger before whatever carries rpcs out. It promises that an rpc whose request has a request_id
// (AIP-155) is carried out at most once for each caller, backend, account, rpc and request id, and that each repeat of it
// gets the answer of the one that was.
//
// A Guard is an Invoker around another Invoker:
//
//	guard, err := ledgerrpc.New(ledgerrpc.Config{
//		Ledger: l, Next: bridge, Scope: scope, BeforeSend: transport.WithBeforeSend, Judge: judge, Status: status,
//	}, services...)
//
// Whether an rpc is guarded is a matter of its schema: those are whose request has a string field request_id. A call that
// leaves it empty goes straight to the next Invoker.
//
// The errors that a Guard adds, and what a caller should be told:
//
//	ledger.ErrReused          FAILED_PRECONDITION, REQUEST_ID_REUSED
//	*ledger.StoreError        UNAVAILABLE: nothing was sent
//	ledger.ErrLost, ErrClosed UNAVAILABLE: nothing was sent
//	*ledger.InterruptedError  the caller's own deadline or cancellation; if Sent, a repeat learns the outcome
//	*ledger.PanicError        INTERNAL: nothing was sent
//	*OutcomeError             REJECTED: the recorded status. UNKNOWN: OUTCOME_UNKNOWN
package ledgerrpc
