package transport

import (
	"context"
	"net/http"
)

// Request is one request to the backend.
type Request struct {
	// Action is the value of the SOAPAction header, without quotes.
	Action string
	// ContentType defaults to "text/xml; charset=utf-8".
	ContentType string
	// Body is the entity body. It is not kept after RoundTrip returns.
	Body []byte
	// Identity is the account to act as. Nil stands for the one that WithIdentity set, and that for Config.Identity.
	Identity *Identity
	// BeforeSend is called at most once for each RoundTrip, immediately before the first byte of the request leaves: a
	// connection is there, and what an authentication sends before the request has been answered. Its error stops the
	// request: RoundTrip returns a KindStopped error with NothingSent. Nil stands for what WithBeforeSend set.
	BeforeSend func(context.Context) error
	// Priority decides what is shed first under overload.
	Priority Priority
	// Avoid is the URL of an endpoint that a retry would rather not use; empty if there is none.
	Avoid string
	// Repeatable says that the request may be executed twice without harm.
	Repeatable bool
}

// Reply is the backend's reply.
type Reply struct {
	Status    int
	Header    http.Header // not to be changed: later replies may share it
	Body      []byte      // after transfer coding, before content coding
	Endpoint  string      // URL of the endpoint that answered
	Truncated bool        // the body ended before its Content-Length or its last chunk
	// Unsent says that this is the answer to a first leg of authentication, which carries neither the request's body nor
	// its action: the request was certainly not executed.
	Unsent bool

	memory *memory // where Header and Body are; nil if it need not be given back
}

// Release gives the reply's memory back. Neither Body nor Header may be used afterwards; the texts that were taken from
// Header may.
func (r *Reply) Release() {
	if r.memory != nil {
		r.memory.free()
		r.memory, r.Header, r.Body = nil, nil, nil
	}
}
