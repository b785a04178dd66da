package main

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// sideEffects are the commands that must not have their effect twice.
var sideEffects = [][]string{
	{"play", "--entry-id=A", "--to=1"}, {"greet", "normal", "--to=1"}, {"reset-pin"},
}

func TestSideEffectsAreRepeatedUnderOneFreshRequestID(t *testing.T) {
	t.Parallel()
	for _, args := range sideEffects {
		failures := 0
		s := &standIn{answer: func(string) error {
			if failures++; failures%3 != 0 {
				return failure(t, codes.Unavailable, "BACKEND_UNAVAILABLE")
			}
			return nil
		}}
		for front, flag := range s.serve(t) {
			s.requestIDs = nil
			for range 2 {
				if _, stderr, code := umctl(t, nil, append(args, flag)...); code != 0 {
					t.Fatalf("%s over %s: exit code %d: %s", args[0], front, code, stderr)
				}
			}
			ids := s.requestIDs
			if len(ids) != 6 || ids[0] != ids[1] || ids[1] != ids[2] || ids[3] != ids[4] || ids[4] != ids[5] || ids[0] == ids[3] || !uuid4.MatchString(ids[0]) {
				t.Errorf("%s over %s was sent under the ids %q, want three times each of two UUIDs of version 4", args[0], front, ids)
			}
		}
	}
}

func TestSideEffectsAreRepeatedAfterUnavailableOnly(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.Unknown, codes.Internal, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted} {
		s := &standIn{answer: func(string) error { return failure(t, code, "OUTCOME_UNKNOWN") }}
		for front, flag := range s.serve(t) {
			s.requestIDs = nil
			umctl(t, nil, "play", "--entry-id=A", "--to=1", flag)
			if len(s.requestIDs) != 1 {
				t.Errorf("after %v over %s, the request was sent %d times", code, front, len(s.requestIDs))
			}
		}
	}
}

func TestOpenOutcomeCanBeAskedForUnderTheIDThatWasTold(t *testing.T) {
	t.Parallel()
	told := regexp.MustCompile(`--request-id (\S+)`)
	for _, args := range sideEffects {
		s := &standIn{answer: func(string) error { return failure(t, codes.DeadlineExceeded, "DEADLINE") }}
		for _, flag := range s.serve(t) {
			s.requestIDs = nil
			_, stderr, _ := umctl(t, nil, append(args, flag)...)
			match := told.FindStringSubmatch(stderr)
			if match == nil {
				t.Fatalf("%s tells no id: %s", args[0], stderr)
			}
			umctl(t, nil, append(args, flag, "--request-id", match[1])...)
			if want := []string{match[1], match[1]}; !slices.Equal(s.requestIDs, want) {
				t.Errorf("%s was sent under the ids %q, want %q", args[0], s.requestIDs, want)
			}
		}
	}
}

func TestNobodyAnsweringIsUnavailableAndSaysWhatToCheck(t *testing.T) {
	t.Parallel()
	// Port 1 of the loopback is nobody's.
	for flag, check := range map[string]string{"--addr=127.0.0.1:1": "--addr", "--rest=http://127.0.0.1:1": "--rest"} {
		_, stderr, code := umctl(t, nil, "props", flag, "--timeout=500ms")
		if code != 78 || !strings.Contains(stderr, check) || !strings.Contains(stderr, "umgateway demo") || !strings.Contains(stderr, "refused") {
			t.Errorf("%s: exit code %d, %s", flag, code, stderr)
		}
	}
}

// refusing fails each rpc with the next of the errors.
type refusing struct {
	grpc.ClientConnInterface
	errs  []error
	tries []time.Time
}

func (r *refusing) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	r.tries = append(r.tries, time.Now())
	err := r.errs[0]
	r.errs = r.errs[1:]
	return err
}

func TestRepetitionsAreFewSpacedAndWithinTheDeadline(t *testing.T) {
	t.Parallel()
	lost := status.Error(codes.Unavailable, "lost")
	asked, err := status.New(codes.Unavailable, "busy").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(10 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		errs []error
		want []time.Duration // when it is tried
		last error
	}{
		{"never answered", []error{lost, lost, lost, lost}, []time.Duration{0, 250e6, 750e6, 1750e6}, lost},
		{"answered at last", []error{lost, lost, nil}, []time.Duration{0, 250e6, 750e6}, nil},
		{"as asked", []error{asked.Err(), nil}, []time.Duration{0, 10e9}, nil},
		{"not beyond the deadline", []error{asked.Err(), asked.Err(), asked.Err(), lost}, []time.Duration{0, 10e9, 20e9}, asked.Err()},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				r := &refusing{errs: c.errs}
				if err := (retrying{r, pause}).Invoke(ctx, "/x/Y", nil, nil); !errors.Is(err, c.last) {
					t.Errorf("error %v, want %v", err, c.last)
				}
				var got []time.Duration
				for _, at := range r.tries {
					got = append(got, at.Sub(begin))
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("tried after %v, want %v", got, c.want)
				}
			})
		})
	}
}
