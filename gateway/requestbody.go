package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway/internal/http1"
)

// requestBody is a REST request's body, read as a whole. The generated code decodes from it, by way of the marshaler; why
// that failed is kept, since the generated code passes on the text only.
type requestBody struct {
	method  *method     // that was asked for
	plain   plainFields // of the body
	data    []byte
	path    map[string]string // the variables in the path
	refused error
}

// Read is what remains for others: nothing.
func (*requestBody) Read([]byte) (int, error) { return 0, io.EOF }

// Close does nothing.
func (*requestBody) Close() error { return nil }

// checkRequest looks at what the generated code does not look at: unknown query parameters, a body that is too large.
func (g *Gateway) checkRequest(routes []*route) runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		var found atomic.Pointer[route] // next serves one route, always the same
		return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
			chosen := found.Load()
			if chosen == nil {
				chosen = routeOf(routes, r)
				found.Store(chosen)
			}
			if chosen == nil {
				g.refuse(w, r, &Error{Code: codes.Internal, Reason: reasonInternal, Message: "the gateway failed"})
				return
			}
			body := &requestBody{method: chosen.method, plain: chosen.plain, path: path}
			err := chosen.checkQuery(r.URL.RawQuery)
			if err == nil {
				err = adoptRequestTimeout(r.Header)
			}
			if err == nil && chosen.hasBody {
				err = checkEncoding(r.Header)
			}
			if err == nil && chosen.hasBody {
				body.data, err = g.readBody(w, r)
			}
			r.Body = body
			if err != nil {
				g.writeError(r.Context(), nil, nil, w, r, err)
				return
			}
			if chosen.isDirect(r) {
				g.serveDirect(w, r, chosen, body)
				return
			}
			next(w, r, path)
		}
	}
}

// checkEncoding refuses a compressed body by what is wrong with it, and not as one that is no JSON.
func checkEncoding(header http.Header) error {
	if header["Content-Encoding"] == nil {
		return nil
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return invalidField("Content-Encoding", "the body must be sent as it is, without an encoding")
	}
	return nil
}

func (g *Gateway) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if content, come := http1.Content(r); come && len(content) <= g.config.MaxRequestBytes {
		return content, nil
	}
	data, err := readAll(http.MaxBytesReader(w, r.Body, int64(g.config.MaxRequestBytes)), r.ContentLength)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &Error{Code: codes.ResourceExhausted, Reason: reasonBodyTooLarge, Message: "the body is larger than the gateway's limit"}
	case err != nil:
		return nil, invalidRequest("the body could not be read to its end")
	}
	return data, nil
}

// readAll is io.ReadAll for a source that is said to hold so many bytes; a negative number says nothing.
func readAll(source io.Reader, size int64) ([]byte, error) {
	if size < 0 || size > smallBody {
		return io.ReadAll(source)
	}
	data := make([]byte, size)
	n, err := io.ReadFull(source, data)
	return data[:n], err
}

// smallBody is the size up to which memory is made for a body before it has come.
const smallBody = 4 << 10

// decode reads the body into an empty message. An empty body is an empty message.
func (b *requestBody) decode(m proto.Message) error {
	if len(bytes.TrimSpace(b.data)) > 0 && !b.plain.decode(b.data, m.ProtoReflect()) {
		if err := (protojson.UnmarshalOptions{}).Unmarshal(b.data, m); err != nil {
			b.refused = explainJSON(m.ProtoReflect().Descriptor(), b.data, err)
			return b.refused
		}
	}
	b.refused = b.checkPath(m.ProtoReflect())
	return b.refused
}

// checkPath refuses a body that says something else than the path. The generated code would silently prefer the path.
func (b *requestBody) checkPath(m protoreflect.Message) error {
	for name, value := range b.path {
		field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		if field == nil || strings.Contains(name, ".") || !m.Has(field) {
			continue
		}
		if m.Get(field).String() != value {
			return invalidField(name, "the path and the body differ: leave it out of the body")
		}
	}
	return nil
}
