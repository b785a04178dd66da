package gateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

const watchMethod = "/um.v1.CallService/WatchCall"

// watchPattern is the path of WatchCall in the schema. The generated code would frame its events in one way only.
const watchPattern = "/v1/calls/{call_id}:watch"

// eventTimeout is how long a client may take to receive one event.
const eventTimeout = 30 * time.Second

// serveWatch answers GET /v1/calls/{call_id}:watch with a stream of events.
func (g *Gateway) serveWatch(w http.ResponseWriter, r *http.Request, path map[string]string) {
	ctx, err := runtime.AnnotateContext(r.Context(), g.mux, r, watchMethod)
	if err != nil {
		g.writeError(r.Context(), nil, nil, w, r, err)
		return
	}
	request := &umv1.WatchCallRequest{CallId: path["call_id"]}
	if request.AfterSequence, err = afterSequence(r); err != nil {
		g.writeError(ctx, nil, nil, w, r, err)
		return
	}
	stream := newEventStream(w, r)
	defer stream.close()
	call := newRESTCall(ctx, g.methods[watchMethod], request, func(m proto.Message) error {
		return stream.event(m.(*umv1.WatchCallResponse))
	})
	if err := g.handle(ctx, &call.Call); err != nil {
		if !stream.begun {
			g.writeError(ctx, nil, nil, w, r, err)
			return
		}
		stream.error(err)
	}
}

// afterSequence reads where the stream is to go on: from the header that browsers send when they come back, or the query.
func afterSequence(r *http.Request) (int64, error) {
	query := r.URL.Query()
	field, text := "Last-Event-ID", r.Header.Get("Last-Event-ID")
	if text == "" {
		field, text = "after_sequence", cmp.Or(query.Get("after_sequence"), query.Get("afterSequence"))
	}
	if text == "" {
		return 0, nil
	}
	sequence, err := strconv.ParseInt(text, 10, 64)
	if err != nil || sequence < 0 {
		return 0, invalidField(field, "must be the sequence of an event")
	}
	return sequence, nil
}

// eventStream frames events: as server-sent events (WHATWG HTML section 9.2) if the request accepts them, or as one JSON
// object on each line, {"result": …} or at the end {"error": …}.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	sse     bool
	begun   bool
}

func newEventStream(w http.ResponseWriter, r *http.Request) *eventStream {
	return &eventStream{w: w, control: http.NewResponseController(w), sse: acceptsEventStream(r.Header.Values("Accept"))}
}

func acceptsEventStream(accept []string) bool {
	for _, header := range accept {
		for item := range strings.SplitSeq(header, ",") {
			kind, parameters, err := mime.ParseMediaType(item)
			if err == nil && kind == "text/event-stream" && parameters["q"] != "0" {
				return true
			}
		}
	}
	return false
}

func (s *eventStream) begin() {
	s.begun = true
	s.w.Header().Set("Content-Type", "application/x-ndjson")
	if s.sse {
		s.w.Header().Set("Content-Type", "text/event-stream")
	}
	s.w.Header().Set("X-Accel-Buffering", "no") // proxies such as nginx would hold events back
	s.w.WriteHeader(http.StatusOK)
}

// event sends an event. As a server-sent event, a heartbeat is a comment, so that pages need not tell it from the others.
func (s *eventStream) event(e *umv1.WatchCallResponse) error {
	if !s.begun {
		s.begin()
	}
	data, err := marshalJSON(protojson.MarshalOptions{EmitDefaultValues: true}, e)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	switch {
	case !s.sse:
		return s.send(`{"result":` + string(data) + "}\n")
	case e.GetHeartbeat():
		return s.send(": heartbeat\n\n")
	}
	return s.send("id: " + strconv.FormatInt(e.GetSequence(), 10) + "\nevent: " + eventName(e) + "\ndata: " + string(data) + "\n\n")
}

func eventName(e *umv1.WatchCallResponse) string {
	if e.GetEnded() {
		return "ended"
	}
	return "state"
}

// error ends the stream with an error. Whoever reads the stream may be gone.
func (s *eventStream) error(err error) {
	var e *Error
	if !errors.As(err, &e) {
		return
	}
	data, err := marshalJSON(protojson.MarshalOptions{}, e.GRPCStatus().Proto())
	if err != nil || !json.Valid(data) {
		return
	}
	if s.sse {
		_ = s.send("event: error\ndata: " + string(data) + "\n\n")
		return
	}
	_ = s.send(`{"error":` + string(data) + "}\n")
}

// close leaves the connection to the next request as it was.
func (s *eventStream) close() { _ = s.control.SetWriteDeadline(time.Time{}) }

func (s *eventStream) send(frame string) error {
	// Not every ResponseWriter has deadlines; those of tests do not.
	_ = s.control.SetWriteDeadline(time.Now().Add(eventTimeout))
	if _, err := s.w.Write([]byte(frame)); err != nil {
		return err
	}
	return s.control.Flush()
}
