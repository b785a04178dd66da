package backend

import (
	"context"

	"github.com/umgateway/umgateway/soapbridge/resilience"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// watched shows the replies of a client to somebody.
type watched struct {
	resilience.Client
	see func(body []byte)
}

// RoundTrip shows the reply before it returns it.
func (w watched) RoundTrip(ctx context.Context, request *transport.Request) (*transport.Reply, error) {
	reply, err := w.Client.RoundTrip(ctx, request)
	if err == nil {
		w.see(reply.Body)
	}
	return reply, err
}
