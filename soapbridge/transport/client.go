package transport

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Client sends requests to one endpoint of a backend. It is safe for concurrent use.
type Client struct {
	endpoint *endpoint
	pool     *pool
}

// New checks the configuration and reads the files that it names. It connects to nothing yet.
func New(config Config) (*Client, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	e, err := newEndpoint(config)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	c := &Client{endpoint: e, pool: newPool(e)}
	if config.Identity != nil {
		if _, err := c.session(config.Identity); err != nil {
			c.Close()
			return nil, fmt.Errorf("transport: %w", err)
		}
	}
	return c, nil
}

// RoundTrip carries out the request, authenticating first where that is needed, and reads the whole reply, whatever its
// status. The request is sent again only after a 401, which proves that it was not executed, and never after anything else.
// A 401 that stands is an error of KindUnauthorized; without authentication it is a reply like any other. Its errors are
// *Error. The caller must release the reply.
func (c *Client) RoundTrip(ctx context.Context, request *Request) (*Reply, error) {
	if !isFieldText(request.Action) || !isFieldText(request.ContentType) || strings.Contains(request.Action, `"`) {
		return nil, c.endpoint.fail("write", KindUnavailable, errors.New("a field of the request holds a quote or a control character"))
	}
	identity := request.Identity
	if identity == nil {
		identity = IdentityFromContext(ctx)
	}
	if identity == nil {
		identity = c.endpoint.config.Identity
	}
	s, err := c.session(identity)
	if err != nil {
		return nil, err
	}
	x := exchange{client: c, session: s, request: request, announce: request.BeforeSend}
	if x.announce == nil {
		x.announce = beforeSendFromContext(ctx)
	}
	return x.run(ctx)
}

// Close closes the idle connections, and those in use when their exchange ends. Later calls fail.
func (c *Client) Close() error {
	c.pool.close()
	return nil
}

func (e *endpoint) fail(op string, kind Kind, err error) *Error {
	return &Error{Op: op, Kind: kind, Endpoint: e.url, Err: err}
}
