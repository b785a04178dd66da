package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// endTimeout is how long the end of a call is waited for after it was hung up.
const endTimeout = 10 * time.Second

// wait follows a call for the user.
type wait struct {
	env     *environment
	gateway *gateway
	callID  string
}

// untilEnd follows the call until it ends. If it cannot be followed so far, it may go on, and the user hears so.
func (w *wait) untilEnd() error {
	err := w.follow(w.env.ctx)
	if statusIn(err) == nil || status.Code(err) == codes.NotFound || w.env.flags.Output == "json" {
		return err
	}
	id := shellWord(w.callID)
	fmt.Fprintf(w.env.stderr, "The call may go on. To follow it: umctl watch %s\nTo end it: umctl disconnect %s\n", id, id)
	return err
}

// hangUpAfter follows the call until it ends, and ends it after some time, at an interruption, and when it cannot be followed
// any more.
func (w *wait) hangUpAfter(left time.Duration) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(w.env.ctx))
	defer stop()
	hangUp := sync.OnceValue(func() error { return w.hangUp(ctx) })
	var hung sync.WaitGroup
	followed := make(chan struct{})
	hung.Go(func() {
		timer := time.NewTimer(left)
		defer timer.Stop()
		select {
		case <-followed:
			return
		case <-timer.C:
		case <-w.env.ctx.Done():
		}
		if hangUp() != nil {
			stop()
			return
		}
		time.AfterFunc(endTimeout, stop)
	})
	err := w.follow(ctx)
	close(followed)
	hung.Wait()
	switch {
	case err == nil && w.env.ctx.Err() != nil:
		return status.FromContextError(w.env.ctx.Err()).Err()
	case err == nil || errors.Is(err, errUnanswered):
		return err
	}
	if hangUpErr := hangUp(); hangUpErr != nil {
		return fmt.Errorf("hang up: %w", hangUpErr)
	}
	if status.Code(err) == codes.Canceled {
		return status.Error(codes.DeadlineExceeded, "the call was hung up, but its end was not seen")
	}
	return fmt.Errorf("the call was hung up: %w", err)
}

// hangUp ends the call, unless it has ended by itself.
func (w *wait) hangUp(ctx context.Context) error {
	ctx, cancel := w.gateway.limited(context.WithoutCancel(ctx))
	defer cancel()
	_, err := w.gateway.calls.Disconnect(ctx, &umv1.DisconnectRequest{CallId: w.callID})
	if status.Code(err) == codes.NotFound {
		return nil
	}
	return err
}

// follow shows each change of the call until it ends.
func (w *wait) follow(ctx context.Context) error {
	view := w.env.newView()
	var last *umv1.WatchCallResponse
	f := &follower{calls: w.gateway.calls, callID: w.callID, pause: pause}
	err := f.follow(ctx, func(event *umv1.WatchCallResponse) error {
		last = event
		return view.event(event)
	})
	view.close()
	if err == nil && last.GetEventCause() != umv1.EventCause_EVENT_CAUSE_NONE {
		return errUnanswered
	}
	return err
}
