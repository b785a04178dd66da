package gateway

import (
	"context"
	"crypto/tls"
	"net"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Protocol is the way in which a call arrived.
type Protocol string

// The protocols.
const (
	ProtocolGRPC    Protocol = "grpc" // on either front
	ProtocolREST    Protocol = "rest"
	ProtocolConnect Protocol = "connect"
	ProtocolGRPCWeb Protocol = "grpc-web"
)

// Call is one call on its way through the interceptors, over whatever protocol.
type Call struct {
	// Method is the rpc.
	Method protoreflect.MethodDescriptor
	// FullMethod is the rpc as gRPC writes it, for instance "/um.v1.CallService/Disconnect".
	FullMethod string
	// Protocol tells how the call arrived.
	Protocol Protocol
	// Request is the request message. It is valid only for interceptors that run after validation.
	Request proto.Message
	// Peer is the caller's network address; nil if there is none.
	Peer net.Addr
	// TLS describes the caller's connection; nil if it is not encrypted.
	TLS *tls.ConnectionState
	// Backend is the name of the backend that is to carry the call out; empty before it is chosen, or if none was.
	Backend string
	// RequestID identifies the call in logs and answers.
	RequestID string

	rpc         *method
	undecodable error
	caller      answerer
	hidden      string // the key of metadata that interceptors see no more
	limit       deadlineContext
}

// answerer is the caller's end of a call, as one protocol has it.
type answerer interface {
	send(proto.Message) error
	setHeader(key, value string)
	metadata(key string) []string
}

// Metadata returns the values of what came with the request under a key in lower case: gRPC metadata, or an HTTP header that
// has a meaning as such.
func (c *Call) Metadata(key string) []string {
	if c.caller == nil || key == c.hidden {
		return nil
	}
	return c.caller.metadata(key)
}

// Send sends a response message: exactly once for a unary rpc, as often as needed for a server stream. The message must not
// be changed afterwards.
func (c *Call) Send(m proto.Message) error { return c.caller.send(m) }

// SetHeader sets a header of the response, if no response was sent yet. The key is in lower case. A gRPC call that fails
// without a response has it in its trailer.
func (c *Call) SetHeader(key, value string) { c.caller.setHeader(key, value) }

// Handler carries a call out.
type Handler func(ctx context.Context, call *Call) error

// Interceptor does something before or after the handler that comes next, or instead of it. Every interceptor sees the
// calls of all protocols.
type Interceptor func(ctx context.Context, call *Call, next Handler) error

// check does something before the handler that comes next, and nothing afterwards. It returns the context for the rest of the
// call, or the error with which the call ends here.
type check func(ctx context.Context, call *Call) (context.Context, error)

// checks makes one interceptor of several checks. Calls that wait for the backend have less on their stacks for it, which have
// to grow anew after each collection of garbage.
func checks(list []check) Interceptor {
	return func(ctx context.Context, call *Call, next Handler) error {
		for _, check := range list {
			var err error
			if ctx, err = check(ctx, call); err != nil {
				return err
			}
		}
		return next(ctx, call)
	}
}

// chain makes one handler of interceptors, the first outermost, around a last handler.
func chain(interceptors []Interceptor, last Handler) Handler {
	for i := len(interceptors) - 1; i >= 0; i-- {
		intercept, next := interceptors[i], last
		last = func(ctx context.Context, call *Call) error { return intercept(ctx, call, next) }
	}
	return last
}
