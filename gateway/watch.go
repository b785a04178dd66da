package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// Watcher follows calls. It sends events until the call has ended, the context is done, or send fails, and returns why it
// ended: nil after the event that says so.
type Watcher interface {
	WatchCall(ctx context.Context, request *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error
}

// watch carries WatchCall out.
func (g *Gateway) watch(ctx context.Context, call *Call) error {
	request, isWatch := call.Request.(*umv1.WatchCallRequest)
	if !isWatch || g.config.Watcher == nil {
		return &Error{Code: codes.Unimplemented, Reason: reasonOperationUnsupported, Message: string(call.Method.Name()) + " is not served"}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(g.draining, func() { cancel(errDraining) })()
	return g.config.Watcher.WatchCall(ctx, request, func(event *umv1.WatchCallResponse) error {
		err := call.Send(event)
		if err == nil || status.Code(err) == codes.Internal || connect.CodeOf(err) == connect.CodeInternal {
			return err // nil, or an event that has no form
		}
		return fmt.Errorf("%w: %w", errGone, err)
	})
}

// errGone marks that an event could not be written, because its reader has left or does not read.
var errGone = errors.New("send an event")

// errDraining ends streams when the gateway stops: whoever follows a call can go on at another gateway, from the sequence of
// the last event.
var errDraining = &Error{
	Code: codes.Unavailable, Reason: reasonDraining, Message: "the gateway is stopping: watch again", RetryAfter: time.Second,
}
