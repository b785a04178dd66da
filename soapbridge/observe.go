package soapbridge

import (
	"context"
	"time"
)

// Exchange reports one exchange of a request and a reply with the backend.
type Exchange struct {
	Operation    string         // local name of the SOAP operation
	Form         string         // namespace form that was sent
	Repetition   int            // how often the request had been sent before; 0 the first time
	Endpoint     string         // URL of the endpoint that was asked; empty if none was
	Status       int            // HTTP status; 0 if no reply was read
	RequestBytes int            // size of the envelope that was sent
	ReplyBytes   int            // size of the body that was read
	Duration     time.Duration  // from before a connection was asked for until the reply was read
	Dropped      int            // references in the reply to characters that XML forbids, which were left out
	Unknown      []UnknownValue // enum texts in the reply that the schema does not know
	Err          error          // how it failed; nil if it did not
}

// Observer is told about each exchange after it has ended, on the goroutine of the call. It must be quick and safe for
// concurrent use.
type Observer func(context.Context, Exchange)
