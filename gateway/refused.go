package gateway

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
)

// Unreadable is what Config.Refused is told instead of a reason where nobody was given one: the header of an HTTP/1 request
// was too large, malformed, too slow or cut off.
const Unreadable = "UNREADABLE"

// refuseMethod answers a gRPC request for an rpc that there is not. The code is the one that the gRPC specification asks for.
func (g *Gateway) refuseMethod(_ any, stream grpc.ServerStream) error {
	g.config.Refused(ProtocolGRPC, reasonRouteNotFound)
	e := &Error{
		Code: codes.Unimplemented, Reason: reasonRouteNotFound, Message: "the gateway has no such rpc",
		requestID: requestID(""),
	}
	_ = stream.SetHeader(map[string][]string{requestIDHeader: {e.requestID}})
	attributes := []slog.Attr{
		slog.String("request_id", e.requestID), slog.String("protocol", string(ProtocolGRPC)), slog.String("reason", e.Reason),
	}
	if p, known := peer.FromContext(stream.Context()); known {
		attributes = append(attributes, slog.String("peer", addressOf(p.Addr)))
	}
	// The name that was asked for is left out: nobody knows what it holds.
	g.config.Logger.LogAttrs(stream.Context(), slog.LevelInfo, "refused", attributes...)
	return e
}

// arrivals hands out connections that know whether a request is awaited on them.
type arrivals struct{ net.Listener }

// Accept waits for a connection.
func (a arrivals) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &arrival{Conn: c}, nil
}

// arrival is a connection to the HTTP front.
type arrival struct {
	net.Conn
	begun       atomic.Bool // a request has begun that the handler has not seen yet
	multiplexed atomic.Bool // it is one of HTTP/2
}

// CloseWrite lets net/http end a connection so that its last words can be read.
func (a *arrival) CloseWrite() error {
	if half, can := a.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}

type arrivalKey struct{}

// arrivalOf finds the connection below the encryption.
func arrivalOf(c net.Conn) *arrival {
	if secure, encrypted := c.(*tls.Conn); encrypted {
		c = secure.NetConn()
	}
	a, _ := c.(*arrival)
	return a
}

// seen notes that the handler sees the request.
func seen(ctx context.Context) {
	if a, ok := ctx.Value(arrivalKey{}).(*arrival); ok {
		a.begun.Store(false)
	}
}

// followConnection counts requests that net/http itself has refused: it began to read them, and the handler never saw them. Those
// of HTTP/2 have no such beginning. There a connection is active and idle again before its first request.
func (g *Gateway) followConnection(c net.Conn, state http.ConnState) {
	a := arrivalOf(c)
	if a == nil {
		return
	}
	switch state {
	case http.StateActive:
		a.begun.Store(!a.multiplexed.Load())
	case http.StateIdle:
		if a.begun.Swap(false) {
			a.multiplexed.Store(true)
		}
	case http.StateClosed:
		if a.begun.Load() {
			g.config.Refused(ProtocolREST, Unreadable)
		}
	}
}
