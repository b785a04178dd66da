package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// script is what the streams of one call do, one after the other.
type script struct {
	umv1.CallServiceClient
	streams []func(ctx context.Context, send func(*umv1.WatchCallResponse)) error
	onHang  func() error

	began []int64         // the after_sequence of each stream
	hung  []time.Duration // when Disconnect was asked for
	start time.Time
	ended chan struct{} // closed by the first Disconnect that succeeds
}

func newScript(streams ...func(ctx context.Context, send func(*umv1.WatchCallResponse)) error) *script {
	return &script{streams: streams, start: time.Now(), ended: make(chan struct{})}
}

func (s *script) WatchCall(ctx context.Context, request *umv1.WatchCallRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[umv1.WatchCallResponse], error) {
	s.began = append(s.began, request.GetAfterSequence())
	play := s.streams[0]
	s.streams = s.streams[1:]
	e := &events{messages: make(chan *umv1.WatchCallResponse), failure: make(chan error, 1)}
	go func() {
		e.failure <- play(ctx, func(m *umv1.WatchCallResponse) {
			select {
			case e.messages <- m:
			case <-ctx.Done():
			}
		})
	}()
	return e, nil
}

func (s *script) Disconnect(context.Context, *umv1.DisconnectRequest, ...grpc.CallOption) (*umv1.DisconnectResponse, error) {
	s.hung = append(s.hung, time.Since(s.start))
	if s.onHang != nil {
		return nil, s.onHang()
	}
	close(s.ended)
	return &umv1.DisconnectResponse{}, nil
}

type events struct {
	grpc.ClientStream
	messages chan *umv1.WatchCallResponse
	failure  chan error
}

func (e *events) Recv() (*umv1.WatchCallResponse, error) {
	select {
	case m := <-e.messages:
		return m, nil
	case err := <-e.failure:
		return nil, err
	}
}

func connected(sequence int64) *umv1.WatchCallResponse {
	return &umv1.WatchCallResponse{Sequence: sequence, CallState: umv1.CallState_CALL_STATE_CONNECTED, EventCause: umv1.EventCause_EVENT_CAUSE_NONE}
}

func ended(sequence int64, cause umv1.EventCause) *umv1.WatchCallResponse {
	return &umv1.WatchCallResponse{Sequence: sequence, CallState: umv1.CallState_CALL_STATE_DISCONNECTED, EventCause: cause, Ended: true}
}

// lasting is a call that is connected until it is hung up.
func (s *script) lasting(ctx context.Context, send func(*umv1.WatchCallResponse)) error {
	send(connected(1))
	heartbeat := time.NewTicker(15 * time.Second)
	defer heartbeat.Stop()
	for {
		select {
		case <-s.ended:
			send(ended(2, umv1.EventCause_EVENT_CAUSE_NONE))
			return io.EOF
		case <-heartbeat.C:
			send(&umv1.WatchCallResponse{Sequence: 1, Heartbeat: true})
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
}

func waiting(ctx context.Context, s *script) (*wait, *bytes.Buffer) {
	var out bytes.Buffer
	env := &environment{ctx: ctx, stdout: &out, stderr: io.Discard, flags: &commands{}}
	return &wait{env: env, gateway: &gateway{calls: s, timeout: 30 * time.Second}, callID: "C"}, &out
}

func fails(err error) func(context.Context, func(*umv1.WatchCallResponse)) error {
	return func(context.Context, func(*umv1.WatchCallResponse)) error { return err }
}

func shows(err error, events ...*umv1.WatchCallResponse) func(context.Context, func(*umv1.WatchCallResponse)) error {
	return func(_ context.Context, send func(*umv1.WatchCallResponse)) error {
		for _, event := range events {
			send(event)
		}
		return err
	}
}

func silent(ctx context.Context, _ func(*umv1.WatchCallResponse)) error {
	<-ctx.Done()
	return status.FromContextError(ctx.Err()).Err()
}

var (
	errLost = status.Error(codes.Unavailable, "lost")
	errGone = status.Error(codes.NotFound, "gone")
	none    = umv1.EventCause_EVENT_CAUSE_NONE
)

type play = func(context.Context, func(*umv1.WatchCallResponse)) error

func TestWatchGoesOnWhereItBrokeOffAndEndsWithTheCall(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		streams []play
		began   []int64
		want    error
	}{
		{"in one stream", []play{shows(io.EOF, connected(1), ended(2, none))}, []int64{0}, nil},
		{"busy", []play{shows(io.EOF, ended(1, umv1.EventCause_EVENT_CAUSE_USER_BUSY))}, []int64{0}, errUnanswered},
		{"a cause that is new", []play{shows(io.EOF, ended(1, umv1.EventCause(99)))}, []int64{0}, errUnanswered},
		{"lost", []play{shows(errLost, connected(7)), shows(io.EOF, ended(8, none))}, []int64{0, 7}, nil},
		{"ended too early", []play{shows(io.EOF, connected(7)), shows(io.EOF, ended(8, none))}, []int64{0, 7}, nil},
		{"silent", []play{silent, shows(io.EOF, ended(1, none))}, []int64{0, 0}, nil},
		{"heartbeats do not move it", []play{shows(errLost, connected(3), &umv1.WatchCallResponse{Sequence: 3, Heartbeat: true}), shows(io.EOF, ended(4, none))}, []int64{0, 3}, nil},
		{"unknown call", []play{fails(errGone)}, []int64{0}, errGone},
		{"never back", []play{shows(errLost, connected(1)), fails(errLost), fails(errLost), fails(errLost)}, []int64{0, 1, 1, 1}, errLost},
		{"patience begins anew", []play{fails(errLost), fails(errLost), fails(errLost), shows(errLost, connected(1)), fails(errLost), fails(errLost), shows(io.EOF, ended(2, none))}, []int64{0, 0, 0, 0, 1, 1, 1}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScript(c.streams...)
				w, _ := waiting(t.Context(), s)
				if err := w.untilEnd(); !errors.Is(err, c.want) {
					t.Errorf("the watch ended with %v, want %v", err, c.want)
				}
				if !slices.Equal(s.began, c.began) {
					t.Errorf("streams began after %v, want %v", s.began, c.began)
				}
				if s.hung != nil {
					t.Error("a call that was only watched was hung up")
				}
			})
		})
	}
}

func TestCallIsHungUpInTimeAndNeverLeftBehind(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		streams   func(s *script) []play
		interrupt time.Duration
		onHang    func() error
		hung      []time.Duration
		want      codes.Code
	}{
		{"in time", func(s *script) []play { return []play{s.lasting} }, 0, nil, []time.Duration{30e9}, codes.OK},
		{"at an interruption", func(s *script) []play { return []play{s.lasting} }, 5 * time.Second, nil, []time.Duration{5e9}, codes.Canceled},
		{"not when it has ended", func(*script) []play { return []play{shows(io.EOF, ended(1, none))} }, 0, nil, nil, codes.OK},
		{"when it cannot be followed", func(*script) []play { return []play{fails(status.Error(codes.Internal, "x"))} }, 0, nil, []time.Duration{0}, codes.Internal},
		{"found ended", func(s *script) []play { return []play{s.lasting} }, 0, func() error { return errGone }, []time.Duration{30e9}, codes.DeadlineExceeded},
		{"in vain", func(s *script) []play { return []play{s.lasting} }, 0, func() error { return status.Error(codes.Internal, "x") }, []time.Duration{30e9}, codes.Internal},
		{"while the end is not seen", func(*script) []play { return []play{silent, silent} }, 0, nil, []time.Duration{30e9}, codes.DeadlineExceeded},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScript()
				s.streams, s.onHang = c.streams(s), c.onHang
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				if c.interrupt > 0 {
					time.AfterFunc(c.interrupt, interrupt)
				}
				w, _ := waiting(ctx, s)
				err := w.hangUpAfter(30 * time.Second)
				if status.Code(err) != c.want {
					t.Errorf("ended with %v, want %v", err, c.want)
				}
				if !slices.Equal(s.hung, c.hung) {
					t.Errorf("hung up after %v, want %v", s.hung, c.hung)
				}
			})
		})
	}
}

func TestTerminalShowsHowLongEachStateLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		v := newLiveView(&out)
		event := func(e *umv1.WatchCallResponse) {
			if err := v.event(e); err != nil {
				t.Error(err)
			}
		}
		event(connected(1))
		time.Sleep(2500 * time.Millisecond)
		code, text := int32(486), "Busy\x1b[2J Here"
		last := ended(2, umv1.EventCause_EVENT_CAUSE_USER_BUSY)
		last.SipResponseCode, last.SipResponseText = &code, &text
		event(last)
		v.close()
		at := (&umv1.WatchCallResponse{}).GetObserveTime().AsTime().Local().Format(time.TimeOnly)
		line := at + "  connected"
		want := line + redraw + line + "  1s" + redraw + line + "  2s" + redraw + line + "  2.5s\n" +
			at + `  ended: busy (SIP 486 Busy\x1b[2J Here)` + "\n"
		if out.String() != want {
			t.Errorf("drew\n%q, want\n%q", out.String(), want)
		}
	})
}

func TestTerminalKeepsTheLineOfACallThatIsLostFromSight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(shows(errGone, connected(1)))
		w, out := waiting(t.Context(), s)
		w.env.terminal = true
		if err := w.untilEnd(); !errors.Is(err, errGone) {
			t.Error(err)
		}
		if !strings.HasSuffix(out.String(), "s\n") {
			t.Errorf("what is printed next would stand in the drawing: %q", out)
		}
	})
}
