package gateway_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
)

// watcher follows calls with a function.
type watcher func(context.Context, *umv1.WatchCallRequest, func(*umv1.WatchCallResponse) error) error

func (w watcher) WatchCall(ctx context.Context, r *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
	return w(ctx, r, send)
}

// scripted sends events and then ends with an error.
func scripted(end error, events ...*umv1.WatchCallResponse) watcher {
	return func(_ context.Context, r *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
		for _, event := range events {
			if event.GetSequence() <= r.GetAfterSequence() {
				continue
			}
			if err := send(event); err != nil {
				return err
			}
		}
		return end
	}
}

var (
	at      = &timestamppb.Timestamp{Seconds: 1700000000}
	ringing = &umv1.WatchCallResponse{Sequence: 1, ObserveTime: at, CallState: umv1.CallState_CALL_STATE_ALERTED, EventCause: umv1.EventCause_EVENT_CAUSE_NONE}
	beat    = &umv1.WatchCallResponse{Sequence: 1, ObserveTime: at, CallState: umv1.CallState_CALL_STATE_ALERTED, EventCause: umv1.EventCause_EVENT_CAUSE_NONE, Heartbeat: true}
	over    = &umv1.WatchCallResponse{Sequence: 2, ObserveTime: at, CallState: umv1.CallState_CALL_STATE_DISCONNECTED, EventCause: umv1.EventCause_EVENT_CAUSE_NO_ANSWER, Ended: true}
)

const (
	ringingJSON = `{"sequence":"1","observeTime":"2023-11-14T22:13:20Z","callState":"CALL_STATE_ALERTED","eventCause":"EVENT_CAUSE_NONE","heartbeat":false,"ended":false}`
	beatJSON    = `{"sequence":"1","observeTime":"2023-11-14T22:13:20Z","callState":"CALL_STATE_ALERTED","eventCause":"EVENT_CAUSE_NONE","heartbeat":true,"ended":false}`
	overJSON    = `{"sequence":"2","observeTime":"2023-11-14T22:13:20Z","callState":"CALL_STATE_DISCONNECTED","eventCause":"EVENT_CAUSE_NO_ANSWER","heartbeat":false,"ended":true}`
)

func TestFramesOfTheEventStream(t *testing.T) {
	t.Parallel()
	lost := &soapbridge.Error{Operation: "GetCallInfo", Kind: soapbridge.KindUnavailable}
	for name, c := range map[string]struct {
		watch  watcher
		header []string
		query  string
		status int
		kind   string
		want   string // what the body is, or with an ellipsis at the end, what it begins with
	}{
		"NDJSON":           {scripted(nil, ringing, beat, over), nil, "", 200, "application/x-ndjson", `{"result":` + ringingJSON + "}\n" + `{"result":` + beatJSON + "}\n" + `{"result":` + overJSON + "}\n"},
		"SSE":              {scripted(nil, ringing, beat, over), []string{"Accept", "text/event-stream"}, "", 200, "text/event-stream", "id: 1\nevent: state\ndata: " + ringingJSON + "\n\n: heartbeat\n\nid: 2\nevent: ended\ndata: " + overJSON + "\n\n"},
		"SSE among others": {scripted(nil, over), []string{"Accept", "application/json;q=0.5, text/event-stream;q=1"}, "", 200, "text/event-stream", "id: 2\nevent: ended\ndata: " + overJSON + "\n\n"},
		"SSE refused":      {scripted(nil, over), []string{"Accept", "text/event-stream;q=0"}, "", 200, "application/x-ndjson", `{"result":` + overJSON + "}\n"},
		"resumed by SSE":   {scripted(nil, ringing, over), []string{"Accept", "text/event-stream", "Last-Event-ID", "1"}, "", 200, "text/event-stream", "id: 2\nevent: ended\ndata: " + overJSON + "\n\n"},
		"resumed by query": {scripted(nil, ringing, over), nil, "?afterSequence=1", 200, "application/x-ndjson", `{"result":` + overJSON + "}\n"},
		"error at first":   {scripted(lost), []string{"Accept", "text/event-stream"}, "", 503, "application/json", `{"code":14,…`},
		"error later":      {scripted(lost, ringing), nil, "", 200, "application/x-ndjson", `{"result":` + ringingJSON + "}\n" + `{"error":{"code":14,…`},
		"error later, SSE": {scripted(lost, ringing), []string{"Accept", "text/event-stream"}, "", 200, "text/event-stream", "id: 1\nevent: state\ndata: " + ringingJSON + "\n\nevent: error\ndata: {\"code\":14,…"},
		"bad resumption":   {scripted(nil, over), []string{"Last-Event-ID", "soon"}, "", 400, "application/json", `{"code":3,"message":"Last-Event-ID: …`},
		"bad query":        {scripted(nil, over), nil, "?after_sequence=-1", 400, "application/json", `{"code":3,"message":"after_sequence: …`},
		"unknown query":    {scripted(nil, over), nil, "?since=1", 400, "application/json", `{"code":3,"message":"since: …`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, gateway.Config{Invoker: enabled, Watcher: c.watch})
			reply, body := s.rest(t.Context(), http.MethodGet, "/v1/calls/a%2Fb:watch"+c.query, "", c.header...)
			if reply.StatusCode != c.status || reply.Header.Get("Content-Type") != c.kind {
				t.Errorf("the answer is %d %s, want %d %s", reply.StatusCode, reply.Header.Get("Content-Type"), c.status, c.kind)
			}
			want, partly := strings.CutSuffix(c.want, "…")
			if got := string(body); got != want && (!partly || !strings.HasPrefix(got, want)) {
				t.Errorf("the body is\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestEventsArriveWhileTheCallGoesOn(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		more := make(chan struct{})
		s := newStand(t, gateway.Config{Invoker: enabled, Watcher: watcher(
			func(_ context.Context, r *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
				if r.GetCallId() != "a/b" {
					t.Errorf("the call id is %q", r.GetCallId())
				}
				if err := send(ringing); err != nil {
					return err
				}
				<-more // the first event must have arrived by then
				return send(over)
			})})
		if f.name == "gRPC" {
			stream, err := umv1.NewCallServiceClient(s.grpc).WatchCall(t.Context(), &umv1.WatchCallRequest{CallId: "a/b"})
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []bool{false, true} {
				event, err := stream.Recv()
				if err != nil || event.GetEnded() != want {
					t.Fatalf("received %v, %v", event, err)
				}
				if !want {
					close(more)
				}
			}
			if _, err := stream.Recv(); err != io.EOF {
				t.Errorf("the stream ends with %v", err)
			}
			return
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v1/calls/a%2Fb:watch", nil)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		first := make([]byte, len(`{"result":`+ringingJSON+"}\n"))
		if _, err := io.ReadFull(reply.Body, first); err != nil {
			t.Fatal(err)
		}
		close(more)
		if rest, err := io.ReadAll(reply.Body); err != nil || string(rest) != `{"result":`+overJSON+"}\n" {
			t.Errorf("then came %q, %v", rest, err)
		}
	})
}

func TestDrainingEndsWatchesWithAnError(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	s := newStand(t, gateway.Config{Invoker: enabled, Watcher: watcher(
		func(ctx context.Context, _ *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
			if err := send(ringing); err != nil {
				return err
			}
			close(begun)
			<-ctx.Done()
			return context.Cause(ctx)
		})})
	stream, err := umv1.NewCallServiceClient(s.grpc).WatchCall(t.Context(), &umv1.WatchCallRequest{CallId: "x"})
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	s.stop()
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable || outcomeOfGRPC(t, err).reason != "DRAINING" {
		t.Errorf("the watch ends with %v", err)
	}
	if err := <-s.stopped; err != nil {
		t.Error(err)
	}
}

func TestWatchRunsThroughTheSameInterceptors(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		seen := 0
		mark := func(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
			seen++
			return next(ctx, call)
		}
		s := newStand(t, gateway.Config{
			Invoker: enabled, Watcher: scripted(nil, over), Front: []gateway.Interceptor{mark}, Back: []gateway.Interceptor{mark},
		})
		if f.name == "gRPC" {
			stream, err := umv1.NewCallServiceClient(s.grpc).WatchCall(t.Context(), &umv1.WatchCallRequest{CallId: "x"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); err != nil {
				t.Error(err)
			}
			if _, err := stream.Recv(); err != io.EOF {
				t.Error(err)
			}
			stream, err = umv1.NewCallServiceClient(s.grpc).WatchCall(t.Context(), &umv1.WatchCallRequest{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = stream.Recv()
			wantRefusal(t, outcomeOfGRPC(t, err), "call_id")
		} else {
			s.rest(t.Context(), http.MethodGet, "/v1/calls/x:watch", "")
			reply, body := s.rest(t.Context(), http.MethodGet, "/v1/calls/%01:watch", "")
			wantRefusal(t, outcomeOfREST(t, reply, body), "call_id")
		}
		if seen != 3 {
			t.Errorf("%d interceptors ran, want 3", seen)
		}
	})
}
