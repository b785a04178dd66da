package main

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// silence is how long a stream may send nothing before its connection counts as lost. The gateway sends a heartbeat every
// 15 seconds, but only once it has seen the call, which it tries for a minute.
const silence = 90 * time.Second

// errSilent ends a stream from which nothing came.
var errSilent = status.Error(codes.Unavailable, "nothing was heard of the gateway for "+silence.String())

// follower follows a call over however many streams it takes.
type follower struct {
	calls  umv1.CallServiceClient
	callID string
	pause  func(ctx context.Context, d time.Duration) error

	after int64 // the sequence of the last event that was seen
}

// follow reports each change of the call, and returns nil after the one that says that it has ended. A stream that breaks
// off is begun again from where it was.
func (f *follower) follow(ctx context.Context, changed func(*umv1.WatchCallResponse) error) error {
	for failures := 1; ; failures++ {
		before := f.after
		err := f.stream(ctx, changed)
		if status.Code(err) != codes.Unavailable {
			return err
		}
		if f.after > before {
			failures = 1
		}
		if failures == attempts || f.pause(ctx, pauseAfter(err, failures)) != nil {
			return err
		}
	}
}

// stream reads one stream.
func (f *follower) stream(ctx context.Context, changed func(*umv1.WatchCallResponse) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	events, err := f.calls.WatchCall(ctx, &umv1.WatchCallRequest{CallId: f.callID, AfterSequence: f.after})
	if err != nil {
		return because(ctx, err)
	}
	for {
		event, err := events.Recv()
		if err != nil {
			return because(ctx, err)
		}
		watchdog.Reset(silence)
		if event.GetHeartbeat() {
			continue
		}
		f.after = event.GetSequence()
		if err := changed(event); err != nil || event.GetEnded() {
			return err
		}
	}
}

// because tells why a stream has ended without having told the end of the call.
func because(ctx context.Context, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), errSilent):
		return errSilent
	case errors.Is(err, io.EOF):
		return status.Error(codes.Unavailable, "the gateway ended the stream before the call had ended")
	}
	return err
}
