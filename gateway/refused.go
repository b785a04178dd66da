package gateway

import (
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

// arrivals hands out connections that know whether a request has begun on them.
type arrivals struct {
	net.Listener
	encrypted bool // what is read of a connection is not the request yet
}

// Accept waits for a connection.
func (a arrivals) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &arrival{Conn: c, encrypted: a.encrypted}, nil
}

// arrival is a connection to the HTTP front. Of HTTP/1 it has one request at a time.
type arrival struct {
	net.Conn
	encrypted   bool
	begun       atomic.Bool // a part of a request has come
	served      atomic.Bool // the handler has seen the request
	multiplexed atomic.Bool // it is a connection of HTTP/2
}

// Read notes that a request has begun.
func (a *arrival) Read(p []byte) (int, error) {
	n, err := a.Conn.Read(p)
	if n > 0 && !a.encrypted {
		a.begun.Store(true)
	}
	return n, err
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
func seen(r *http.Request) {
	a, ok := r.Context().Value(arrivalKey{}).(*arrival)
	if !ok || a == nil {
		return
	}
	a.served.Store(true)
	if r.ProtoMajor >= 2 {
		a.multiplexed.Store(true)
	}
}

// followConnection counts requests that net/http itself has refused: a part of them had come, and the handler never saw them.
func (g *Gateway) followConnection(c net.Conn, state http.ConnState) {
	a := arrivalOf(c)
	if a == nil {
		return
	}
	unseen := a.begun.Load() && !a.served.Load()
	switch state {
	case http.StateActive:
		a.begun.Store(true)
	case http.StateIdle:
		if unseen { // only those of HTTP/2 are idle before their first request
			a.multiplexed.Store(true)
		}
		a.begun.Store(false)
		a.served.Store(false)
	case http.StateClosed:
		if unseen && !a.multiplexed.Load() {
			g.config.Refused(ProtocolREST, Unreadable)
		}
	}
}
