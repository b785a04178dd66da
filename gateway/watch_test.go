package gateway_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
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
	overEachWatch(t, func(t *testing.T, f watchFront) {
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
		next := f.watch(t.Context(), t, s, "a/b")
		for _, want := range []*umv1.WatchCallResponse{ringing, over} {
			event, err := next()
			if err != nil || !proto.Equal(event, want) {
				t.Fatalf("received %v, %v; want %v", event, err, want)
			}
			if !want.GetEnded() {
				close(more)
			}
		}
		if _, err := next(); err != io.EOF {
			t.Errorf("the stream ends with %v", err)
		}
	})
}

func TestDrainingEndsWatchesWithAnError(t *testing.T) {
	t.Parallel()
	overEachWatch(t, func(t *testing.T, f watchFront) {
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
		next := f.watch(t.Context(), t, s, "x")
		<-begun
		s.stop()
		if _, err := next(); err != nil {
			t.Fatal(err)
		}
		if _, err := next(); status.Code(err) != codes.Unavailable || outcomeOfGRPC(t, err).reason != "DRAINING" {
			t.Errorf("the watch ends with %v", err)
		}
		if err := <-s.stopped; err != nil {
			t.Error(err)
		}
	})
}

func TestWatchRunsThroughTheSameInterceptors(t *testing.T) {
	t.Parallel()
	overEachWatch(t, func(t *testing.T, f watchFront) {
		seen := ""
		mark := func(name string) gateway.Interceptor {
			return func(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
				seen += " " + name + "/" + string(call.Protocol)
				return next(ctx, call)
			}
		}
		s := newStand(t, gateway.Config{
			Invoker: enabled, Watcher: scripted(nil, over), Around: []gateway.Interceptor{mark("around")},
			Front: []gateway.Interceptor{mark("front")}, Back: []gateway.Interceptor{mark("back")},
		})
		next := f.watch(t.Context(), t, s, "x")
		if event, err := next(); err != nil || !event.GetEnded() {
			t.Errorf("received %v, %v", event, err)
		}
		if _, err := next(); err != io.EOF {
			t.Errorf("the stream ends with %v", err)
		}
		_, err := f.watch(t.Context(), t, s, "\x01")()
		wantRefusal(t, outcomeOfGRPC(t, err), "call_id")
		s.end(t)
		want := strings.ReplaceAll(" around/P front/P back/P around/P front/P", "P", f.protocol)
		if seen != want {
			t.Errorf("seen:%s, want%s", seen, want)
		}
	})
}
