package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	attempts     = 4                      // of one rpc
	firstPause   = 250 * time.Millisecond // doubled each time
	longestPause = 4 * time.Second        // without a word of the gateway
)

// retrying repeats rpcs that failed with UNAVAILABLE: the gateway was not reached, or the connection was lost. That is safe
// with every rpc, since those with a side effect that must not happen twice have a request_id, which stays the same.
type retrying struct {
	grpc.ClientConnInterface
	pause func(ctx context.Context, d time.Duration) error
}

// Invoke carries a unary rpc out. Streams are not repeated: only their reader knows from where.
func (r retrying) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	for attempt := 1; ; attempt++ {
		err := r.ClientConnInterface.Invoke(ctx, method, args, reply, options...)
		if status.Code(err) != codes.Unavailable || attempt == attempts {
			return err
		}
		if r.pause(ctx, pauseAfter(err, attempt)) != nil {
			return err
		}
	}
}

// pauseAfter is how long to wait after a failure: as long as the gateway asked for, or longer each time.
func pauseAfter(err error, failures int) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if retry, asked := detail.(*errdetails.RetryInfo); asked {
			return retry.GetRetryDelay().AsDuration()
		}
	}
	return min(firstPause<<(failures-1), longestPause)
}

// pause waits. It returns an error at once if the context would end first.
func pause(ctx context.Context, d time.Duration) error {
	if deadline, set := ctx.Deadline(); set && time.Until(deadline) <= d {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// newRequestID makes a UUID of version 4 (RFC 9562 section 5.4).
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// repeatable is the failure of an rpc that may yet have had its effect. To repeat it with the same request_id is safe.
type repeatable struct {
	error
	requestID string
}

// Unwrap returns the failure.
func (r repeatable) Unwrap() error { return r.error }

// withRequestID marks a failure after which the outcome is open.
func withRequestID(err error, requestID string) error {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return repeatable{err, requestID}
	}
	return err
}
