package endurance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

const (
	tryLimit = 30 * time.Second // a caller's deadline; the outcome of a call whose gateway died is known sooner
	retryMin = 5 * time.Millisecond
	retryMax = 200 * time.Millisecond
)

// answer is what a caller believes in the end.
type answer struct {
	callID string // of the call that was placed; empty if none, as far as the caller knows
	reason string // why there is none
	tries  int
}

const outcomeUnknown = "OUTCOME_UNKNOWN"

// place places a call, and repeats the request at one gateway or another until there is an answer.
func place(ctx context.Context, gateways []umv1.CallServiceClient, number string) (answer, error) {
	request := &umv1.PlayOnPhoneRequest{EntryId: message(number), DialString: number, RequestId: "request-" + number}
	wait := retryMin
	for tries := 1; ; tries++ {
		limited, cancel := context.WithTimeout(ctx, tryLimit)
		placed, err := gateways[rand.IntN(len(gateways))].PlayOnPhone(limited, request)
		cancel()
		switch {
		case err == nil:
			return answer{callID: placed.GetCallId(), tries: tries}, nil
		case context.Cause(ctx) != nil:
			return answer{}, context.Cause(ctx)
		case reasonOf(err) == outcomeUnknown, final(err):
			return answer{reason: reasonOf(err), tries: tries}, nil
		case !temporary(err):
			return answer{}, fmt.Errorf("%s: %w", number, err)
		}
		select {
		case <-time.After(wait): // as a caller does that means well
		case <-ctx.Done():
		}
		wait = min(2*wait, retryMax)
	}
}

// temporary tells whether an error invites another try.
func temporary(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted:
		return true
	}
	return false
}

// final tells whether an error says that the request was refused.
func final(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition:
		return true
	}
	return false
}

// reasonOf is the reason in an error's details.
func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, is := detail.(*errdetails.ErrorInfo); is {
			return info.GetReason()
		}
	}
	return ""
}

// lie says what is untrue about an answer, given the calls that were placed to the number; empty if nothing is.
func (a answer) lie(number string, rang []string) string {
	switch {
	case strings.HasPrefix(number, refused) && len(rang) > 0:
		return "it rang though Exchange refuses such calls"
	case len(rang) > 1:
		return fmt.Sprintf("it rang %d times", len(rang))
	case a.callID != "" && (len(rang) == 0 || rang[0] != a.callID):
		return fmt.Sprintf("the caller was told of the call %s, and it rang as %q", a.callID, rang)
	case a.callID == "" && a.reason != outcomeUnknown && len(rang) > 0:
		return "the caller was told that the call was refused with " + a.reason + ", and it rang"
	case a.callID == "" && a.reason != outcomeUnknown && !strings.HasPrefix(number, refused):
		return "it was refused with " + a.reason + ", though nothing was wrong with it"
	}
	return ""
}
