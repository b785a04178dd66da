package transport

import "net/http"

// Request is one request to the backend.
type Request struct {
	// Action is the value of the SOAPAction header, without quotes.
	Action string
	// ContentType defaults to "text/xml; charset=utf-8".
	ContentType string
	// Body is the entity body. It is not kept after RoundTrip returns.
	Body []byte
	// Identity is the account to act as; nil stands for the configured service identity.
	Identity *Identity
	// Priority decides what is shed first under overload.
	Priority Priority
	// Avoid is the URL of an endpoint that a retry would rather not use; empty if there is none.
	Avoid string
	// Repeatable says that the request may be executed twice without harm.
	Repeatable bool
}

// Priority orders requests under overload.
type Priority int

const (
	// PriorityNormal is for what a caller asked for.
	PriorityNormal Priority = iota
	// PriorityPoll is for status polls, which are shed first.
	PriorityPoll
)

// Reply is the backend's reply.
type Reply struct {
	Status    int
	Header    http.Header
	Body      []byte // after transfer coding, before content coding
	Endpoint  string // URL of the endpoint that answered
	Truncated bool   // the body ended before its Content-Length or its last chunk

	release func()
}

// Release gives the reply's buffers back. Body must not be used afterwards.
func (r *Reply) Release() {
	if r.release != nil {
		r.release()
		r.release = nil
	}
}
