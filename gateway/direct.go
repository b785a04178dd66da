package gateway

import (
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// isDirect tells whether the gateway reads the call from the request by itself: from the body, and from the variable in the
// path that the generated code has found. What the generated code does beside that costs as much as the interceptors, and is
// only of use to requests with a query or a deadline, which it serves.
func (r *route) isDirect(request *http.Request) bool {
	return r.direct && request.URL.RawQuery == "" && request.Header[grpcTimeout] == nil
}

// grpcTimeout carries the deadline of a request.
const grpcTimeout = "Grpc-Timeout"

// serveDirect answers a request as the generated code would.
func (g *Gateway) serveDirect(w http.ResponseWriter, r *http.Request, chosen *route, body *requestBody) {
	request := chosen.method.input.New()
	if chosen.hasBody {
		if err := body.decode(request.Interface()); err != nil {
			g.writeError(r.Context(), nil, nil, w, r, err)
			return
		}
	}
	if chosen.variable != nil {
		request.Set(chosen.variable, protoreflect.ValueOfString(body.path[chosen.inPath]))
	}
	c := newRESTCall(r.Context(), chosen.method, request.Interface(), nil)
	err := g.handle(r.Context(), &c.Call)
	if err == nil && c.response == nil {
		err = status.Error(codes.Internal, "the call ended without a response")
	}
	var answer []byte
	if err == nil {
		answer, err = marshaler{}.Marshal(c.response)
	}
	if err != nil {
		g.writeError(r.Context(), nil, nil, w, r, err)
		return
	}
	w.Header()["Content-Type"] = asJSON
	_, _ = w.Write(answer) // the client may be gone
}

// asJSON is shared by all responses.
var asJSON = []string{"application/json"}
