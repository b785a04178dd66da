package gateway

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// rpcPrefix is where the paths of all rpcs begin that are called by their full names, as gRPC, gRPC-Web and Connect do.
const rpcPrefix = "/um.v1."

// minCompressed is the size in bytes from which responses are compressed for callers who take that.
const minCompressed = 4 << 10

// connectFront serves the protocols Connect, gRPC-Web and gRPC at the paths of the rpcs' full names, on the HTTP front. The
// library frames messages and errors; each call runs through the gateway's interceptors.
type connectFront struct {
	gateway  *Gateway
	handlers map[string]*connect.Handler // by full method
	errors   *connect.ErrorWriter
}

func newConnectFront(g *Gateway) *connectFront {
	shared := connect.WithHandlerOptions(
		connect.WithCodec(connectProto{}), connect.WithCodec(connectJSON{name: "json"}), connect.WithCodec(connectJSON{name: "json; charset=utf-8"}),
		connect.WithReadMaxBytes(g.config.MaxRequestBytes), connect.WithCompressMinBytes(minCompressed),
	)
	c := &connectFront{gateway: g, handlers: map[string]*connect.Handler{}, errors: connect.NewErrorWriter(shared)}
	for full, m := range g.methods {
		options := []connect.HandlerOption{shared, connect.WithRequestInitializer(func(_ connect.Spec, message any) error {
			message.(*incoming).message = m.input.New().Interface()
			return nil
		})}
		if level := m.descriptor.Options().(*descriptorpb.MethodOptions).GetIdempotencyLevel(); level == descriptorpb.MethodOptions_NO_SIDE_EFFECTS {
			options = append(options, connect.WithIdempotency(connect.IdempotencyNoSideEffects)) // which GET may be used for
		}
		if m.descriptor.IsStreamingServer() {
			c.handlers[full] = connect.NewServerStreamHandler(full, c.stream(m), options...)
		} else {
			c.handlers[full] = connect.NewUnaryHandler(full, c.unary(m), options...)
		}
	}
	return c
}

// before serves the paths of rpcs, and leaves all others to the next handler.
func (c *connectFront) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, rpcPrefix) {
			c.serve(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers a request for an rpc. What the library would refuse by itself is refused as a call.
func (c *connectFront) serve(w http.ResponseWriter, r *http.Request) {
	m := c.gateway.methods[r.URL.Path]
	if m == nil {
		// What the protocols say about the status 404 is what they say about rpcs that there are not.
		c.gateway.refuse(w, r, &Error{Code: codes.NotFound, Reason: reasonRouteNotFound, Message: "there is no such rpc", plain: true})
		return
	}
	// No rpc takes more than one message.
	body, err := c.gateway.readBody(w, r)
	if err != nil {
		c.refuseCall(w, r, m, callersError(err))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	held := newHeldWriter(w)
	c.handlers[m.full].ServeHTTP(held, r.WithContext(context.WithValue(r.Context(), heldKey{}, held)))
	if !held.released {
		c.refuseCall(w, r, m, held.discard())
	}
}

// refuseCall has a request that cannot become a call refused as one, with the error: by the interceptors, so that it is
// logged and counted, and so that only callers learn what is wrong with it who may call at all.
func (c *connectFront) refuseCall(w http.ResponseWriter, r *http.Request, m *method, e *Error) {
	call := newConnectCall(r.Context(), r.Header, m, &incoming{message: m.input.New().Interface(), err: e}, nil)
	if err := c.gateway.handle(r.Context(), call); err != nil {
		e = callersError(err)
	}
	c.gateway.refuse(w, r, e)
}

// outgoing is a response for the codecs.
type outgoing struct{ message proto.Message }

func (c *connectFront) unary(m *method) func(context.Context, *connect.Request[incoming]) (*connect.Response[outgoing], error) {
	return func(ctx context.Context, request *connect.Request[incoming]) (*connect.Response[outgoing], error) {
		held := heldOf(ctx)
		held.released = true
		response := &outgoing{}
		call := newConnectCall(ctx, request.Header(), m, request.Msg, func(message proto.Message) error {
			response.message = message
			return nil
		})
		err := c.gateway.handle(ctx, call)
		if err == nil && response.message == nil {
			err = status.Error(codes.Internal, "the call ended without a response")
		}
		if err != nil {
			return nil, c.fail(held, err)
		}
		return connect.NewResponse(response), nil
	}
}

func (c *connectFront) stream(m *method) func(context.Context, *connect.Request[incoming], *connect.ServerStream[outgoing]) error {
	return func(ctx context.Context, request *connect.Request[incoming], stream *connect.ServerStream[outgoing]) error {
		held := heldOf(ctx)
		held.released = true
		defer func() { _ = held.control.SetWriteDeadline(time.Time{}) }()
		call := newConnectCall(ctx, request.Header(), m, request.Msg, func(message proto.Message) error {
			// Not every ResponseWriter has deadlines; those of tests do not.
			_ = held.control.SetWriteDeadline(time.Now().Add(eventTimeout))
			return stream.Send(&outgoing{message})
		})
		if err := c.gateway.handle(ctx, call); err != nil {
			return c.fail(held, err)
		}
		return nil
	}
}

// fail sets the headers that belong to an error, and returns the error in the library's form.
func (c *connectFront) fail(w http.ResponseWriter, err error) error {
	e := callersError(err)
	c.gateway.setErrorHeaders(w.Header(), e)
	return connectError(e)
}
