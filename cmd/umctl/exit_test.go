package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

func TestExitCodeAndTextAreThoseOfTheStatus(t *testing.T) {
	t.Parallel()
	cases := []struct { // the names and numbers are those of google/rpc/code.proto
		code   codes.Code
		reason string
		exit   int
		says   []string
	}{
		{codes.Canceled, "CANCELED", 65, []string{"CANCELED (CANCELLED)", "--request-id"}},
		{codes.Unknown, "OUTCOME_UNKNOWN", 66, []string{"OUTCOME_UNKNOWN (UNKNOWN)", "Do not repeat it"}},
		{codes.InvalidArgument, "DIAL_STRING_INVALID", 67, []string{"DIAL_STRING_INVALID (INVALID_ARGUMENT)", "dial plan"}},
		{codes.DeadlineExceeded, "DEADLINE", 68, []string{"DEADLINE (DEADLINE_EXCEEDED)", "--timeout", "--request-id"}},
		{codes.NotFound, "ITEM_NOT_FOUND", 69, []string{"ITEM_NOT_FOUND (NOT_FOUND)", "look its id up"}},
		{codes.AlreadyExists, "", 70, []string{"ALREADY_EXISTS"}},
		{codes.PermissionDenied, "DIAL_FORBIDDEN", 71, []string{"DIAL_FORBIDDEN (PERMISSION_DENIED)", "operator"}},
		{codes.ResourceExhausted, "BACKEND_THROTTLED", 72, []string{"BACKEND_THROTTLED (RESOURCE_EXHAUSTED)", "Try again later"}},
		{codes.FailedPrecondition, "USER_NOT_UM_ENABLED", 73, []string{"USER_NOT_UM_ENABLED (FAILED_PRECONDITION)", "administrator of Exchange"}},
		{codes.Aborted, "", 74, []string{"ABORTED"}},
		{codes.OutOfRange, "", 75, []string{"OUT_OF_RANGE"}},
		{codes.Unimplemented, "OPERATION_UNSUPPORTED", 76, []string{"OPERATION_UNSUPPORTED (UNIMPLEMENTED)", "does not have this operation"}},
		{codes.Internal, "BACKEND_AUTH_FAILED", 77, []string{"BACKEND_AUTH_FAILED (INTERNAL)", "operator", "log id"}},
		{codes.Unavailable, "BACKEND_UNAVAILABLE", 78, []string{"BACKEND_UNAVAILABLE (UNAVAILABLE)", "Exchange does not answer", "--request-id"}},
		{codes.DataLoss, "", 79, []string{"DATA_LOSS"}},
		{codes.Unauthenticated, "TOKEN_EXPIRED", 80, []string{"TOKEN_EXPIRED (UNAUTHENTICATED)", "Get a new token", "UMCTL_TOKEN"}},
	}
	for _, c := range cases {
		s := &standIn{answer: func(rpc string) error { return failure(t, c.code, c.reason) }}
		for front, flag := range s.serve(t) {
			t.Run(front+"/"+c.code.String(), func(t *testing.T) {
				t.Parallel()
				stdout, stderr, exit := umctl(t, nil, "play", flag, "--entry-id=A", "--to=1", "--timeout=5s")
				if exit != c.exit || stdout != "" {
					t.Errorf("exit code %d, stdout %q; want %d and none", exit, stdout, c.exit)
				}
				for _, want := range append(c.says, "umctl: what happened", "log id:   L-1") {
					if !strings.Contains(stderr, want) {
						t.Errorf("%q is not in:\n%s", want, stderr)
					}
				}
				if open := strings.Contains(stderr, "--request-id"); open != strings.Contains(strings.Join(c.says, ""), "--request-id") {
					t.Errorf("a repetition under the same id is offered: %v\n%s", open, stderr)
				}
			})
		}
	}
}

// failure is an error as the gateway makes it, with RequestInfo and a short RetryInfo.
func failure(t *testing.T, code codes.Code, reason string) error {
	details := []protoadapt.MessageV1{&errdetails.RequestInfo{RequestId: "L-1"}, &errdetails.RetryInfo{}}
	if reason != "" {
		details = append(details, &errdetails.ErrorInfo{Domain: "umgateway", Reason: reason})
	}
	s, err := status.New(code, "what happened").WithDetails(details...)
	if err != nil {
		t.Error(err)
	}
	return s.Err()
}

func TestErrorShowsFieldsAndWhatExchangeSaidWithoutCommandingTheTerminal(t *testing.T) {
	t.Parallel()
	s, err := status.New(codes.InvalidArgument, "bad\x1b[2J").WithDetails(
		&errdetails.ErrorInfo{Domain: "umgateway", Reason: "REQUEST_INVALID"},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "dial_string", Description: "is\nempty"}}},
		protoadapt.MessageV1Of(&umv1.SoapFault{FaultCode: "Client", ExceptionType: "SomeException", FaultString: "no\u202e"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	stand := &standIn{answer: func(string) error { return s.Err() }}
	for _, flag := range stand.serve(t) {
		_, stderr, _ := umctl(t, nil, "props", flag)
		want := `umctl: bad\x1b[2J
  status:   REQUEST_INVALID (INVALID_ARGUMENT)
  field:    dial_string: is\nempty
  Exchange: SomeException: no\u202e
Correct the command and try again.
`
		if stderr != want {
			t.Errorf("%s: got\n%swant\n%s", flag, stderr, want)
		}
	}
}

func TestWhatTheServerWroteCannotCommandTheTerminal(t *testing.T) {
	t.Parallel()
	for _, flag := range (&standIn{}).serve(t) {
		stdout, _, code := umctl(t, nil, "props", flag)
		if want := `1\x1b]0;x\x07\u202e2`; code != 0 || !strings.Contains(stdout, want) || strings.Contains(stdout, "\x1b") {
			t.Errorf("%s: %d, %q does not hold %s", flag, code, stdout, want)
		}
	}
}

func TestExitCodeOfFailuresOnThisSide(t *testing.T) {
	t.Parallel()
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	unavailable := status.Error(codes.Unavailable, "x")
	cases := []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"file", t.Context(), errors.New("x"), 1},
		{"usage", t.Context(), fmt.Errorf("x: %w", usageError("x")), 2},
		{"unanswered", t.Context(), errUnanswered, 3},
		{"wrapped status", t.Context(), fmt.Errorf("hang up: %w", unavailable), 78},
		{"open outcome", t.Context(), repeatable{unavailable, "a"}, 78},
		{"interrupted", interrupted, status.Error(codes.Canceled, "x"), 130},
	}
	for _, c := range cases {
		if got := exitCode(c.ctx, c.err); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
	}
}

func TestPrintableEscapesWhatIsNotText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Grüße, 世界":   "Grüße, 世界",
		"a\x1b[31mb":  `a\x1b[31mb`,
		"a\rb\tc\x7f": `a\x0db\x09c\x7f`,
		"\u009b2J":    `\u009b2J`,
		"\xff\xfe":    `\xff\xfe`,
		"\u202eabc":   `\u202eabc`,
		"two\nlines":  "two\nlines",
	} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"MDlk+/==": "MDlk+/==", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "-x": "'-x'", "$(x)": "'$(x)'"} {
		if got := shellWord(text); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", text, got, want)
		}
	}
}
