package ledgerrpc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/ledgerrpc"
	"github.com/umgateway/umgateway/internal/ledger/memstore"
)

type hookKey struct{}

// backend is the next Invoker. It calls the hook, and then does what reply says.
type backend struct {
	calls atomic.Int64
	reply func(n int64) (proto.Message, error)
}

func (b *backend) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	if hook, guarded := ctx.Value(hookKey{}).(func(context.Context) error); guarded {
		if err := hook(ctx); err != nil {
			return nil, fmt.Errorf("%w: %w", errNothingSent, err)
		}
	}
	n := b.calls.Add(1)
	time.Sleep(time.Second)
	return b.reply(n)
}

var (
	errNothingSent = errors.New("nothing was sent")
	errRefused     = errors.New("refused")
	errLost        = errors.New("lost")
)

func judge(err error, announced bool) ledgerrpc.Proof {
	switch {
	case errors.Is(err, errNothingSent), !announced:
		return ledgerrpc.ProofNotExecuted
	case errors.Is(err, errRefused):
		return ledgerrpc.ProofRejected
	}
	return ledgerrpc.ProofNone
}

type scopeKey struct{}

// config is complete. The scope is what the context holds for scopeKey, as the principal.
func config(t *testing.T, next *backend, sources *[]ledger.Source) ledgerrpc.Config {
	t.Helper()
	l, err := ledger.Open(memstore.New(memstore.Options{}), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return ledgerrpc.Config{
		Ledger: l, Next: next, Judge: judge,
		Scope: func(ctx context.Context, _ protoreflect.MethodDescriptor) (ledgerrpc.Scope, error) {
			scope, _ := ctx.Value(scopeKey{}).(ledgerrpc.Scope)
			return scope, nil
		},
		BeforeSend: func(ctx context.Context, call func(context.Context) error) context.Context {
			return context.WithValue(ctx, hookKey{}, call)
		},
		Status: func(method protoreflect.MethodDescriptor, err error) *statuspb.Status {
			return &statuspb.Status{Code: 9, Message: fmt.Sprintf("%s: %v", method.Name(), err)}
		},
		Answered: func(_ context.Context, source ledger.Source) {
			if sources != nil {
				*sources = append(*sources, source)
			}
		},
	}
}

func guard(t *testing.T, next *backend, sources *[]ledger.Source) *ledgerrpc.Guard {
	t.Helper()
	g, err := ledgerrpc.New(config(t, next, sources), file.Services().ByName("Phone"))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ringing answers with a new call id each time.
func ringing(t *testing.T) *backend {
	return &backend{reply: func(n int64) (proto.Message, error) {
		return message(t, "DialResponse", fmt.Sprintf("call_id: 'call %d'", n)), nil
	}}
}

func TestRepeatGetsTheSameResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next, sources := ringing(t), []ledger.Source(nil)
		g := guard(t, next, &sources)
		for range 3 {
			out, err := g.Invoke(t.Context(), rpc("Dial"), message(t, "DialRequest", "number: '1' request_id: 'r'"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(message(t, "DialResponse", "call_id: 'call 1'"), out, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		}
		want := []ledger.Source{ledger.SourceExecuted, ledger.SourceReplayed, ledger.SourceReplayed}
		if next.calls.Load() != 1 || !cmp.Equal(sources, want) {
			t.Errorf("it was carried out %d times; answers came from %v", next.calls.Load(), sources)
		}
	})
}

func TestWhatIsAnotherOperationIsCarriedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := ringing(t)
		g := guard(t, next, nil)
		for i, c := range []struct {
			rule    string
			scope   ledgerrpc.Scope
			rpc     protoreflect.Name
			request string
		}{
			{"a request", ledgerrpc.Scope{}, "Dial", "request_id: 'r'"},
			{"another request id", ledgerrpc.Scope{}, "Dial", "request_id: 's'"},
			{"another rpc", ledgerrpc.Scope{}, "Greet", "request_id: 'r'"},
			{"another caller", ledgerrpc.Scope{Principal: "p"}, "Dial", "request_id: 'r'"},
			{"another backend", ledgerrpc.Scope{Backend: "b"}, "Dial", "request_id: 'r'"},
			{"another account", ledgerrpc.Scope{Identity: "i"}, "Dial", "request_id: 'r'"},
			{"no request id", ledgerrpc.Scope{}, "Dial", ""},
			{"no request id, again", ledgerrpc.Scope{}, "Dial", ""},
			{"an rpc without request ids", ledgerrpc.Scope{}, "Look", ""},
		} {
			in := message(t, "DialRequest", c.request)
			if c.rpc == "Look" {
				in = message(t, "LookRequest", "")
			}
			if _, err := g.Invoke(context.WithValue(t.Context(), scopeKey{}, c.scope), rpc(c.rpc), in); err != nil || next.calls.Load() != int64(i+1) {
				t.Errorf("%s: %d calls, %v", c.rule, next.calls.Load(), err)
			}
		}
	})
}

func TestErrorIsRepeatedAsFarAsItIsFinal(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		err    error
		calls  int64
		state  ledger.State
		status string
	}{
		"refused for good": {errRefused, 1, ledger.StateRejected, "Dial: refused"},
		"who knows":        {errLost, 1, ledger.StateUnknown, "Dial: lost"},
		"nothing was sent": {errNothingSent, 2, ledger.StateNone, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				next := &backend{reply: func(int64) (proto.Message, error) { return nil, c.err }}
				g := guard(t, next, nil)
				in := message(t, "DialRequest", "request_id: 'r'")
				if _, err := g.Invoke(t.Context(), rpc("Dial"), in); err != c.err {
					t.Errorf("the first caller got %v", err)
				}
				_, err := g.Invoke(t.Context(), rpc("Dial"), in)
				var recorded *ledgerrpc.OutcomeError
				switch found := errors.As(err, &recorded); {
				case next.calls.Load() != c.calls:
					t.Errorf("it was carried out %d times", next.calls.Load())
				case !found && err != c.err, found && (recorded.State != c.state || recorded.Status.GetMessage() != c.status || recorded.Status.GetCode() != 9):
					t.Errorf("the repeat got %v", err)
				case found && recorded.Source != ledger.SourceReplayed:
					t.Errorf("it came from %v", recorded.Source)
				}
			})
		})
	}
}

func TestJudgeIsToldWhetherAnythingWasAnnounced(t *testing.T) {
	t.Parallel()
	next := &backend{reply: func(int64) (proto.Message, error) { return nil, errLost }}
	c := config(t, next, nil)
	var told []bool
	c.Judge = func(_ error, announced bool) ledgerrpc.Proof {
		told = append(told, announced)
		return ledgerrpc.ProofNotExecuted
	}
	hook := c.BeforeSend
	for _, announces := range []bool{true, false} {
		c.BeforeSend = hook
		if !announces {
			c.BeforeSend = func(ctx context.Context, _ func(context.Context) error) context.Context { return ctx }
		}
		g, err := ledgerrpc.New(c, file.Services().ByName("Phone"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Invoke(t.Context(), rpc("Dial"), message(t, "DialRequest", "request_id: 'r'")); !errors.Is(err, errLost) {
			t.Error(err)
		}
	}
	if !cmp.Equal(told, []bool{true, false}) {
		t.Errorf("told %v", told)
	}
}

func TestPanicAfterTheRequestWasSentIsUnknownToEverybody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := &backend{reply: func(int64) (proto.Message, error) { panic("of the next invoker") }}
		g := guard(t, next, nil)
		for range 2 {
			out, err := g.Invoke(t.Context(), rpc("Dial"), message(t, "DialRequest", "request_id: 'r'"))
			var unknown *ledgerrpc.OutcomeError
			if out != nil || !errors.As(err, &unknown) || unknown.State != ledger.StateUnknown || unknown.Status != nil {
				t.Errorf("got %v, %v", out, err)
			}
		}
		if next.calls.Load() != 1 {
			t.Errorf("it was carried out %d times", next.calls.Load())
		}
	})
}

func TestOtherContentIsRefusedWhileItIsInFlightToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := guard(t, ringing(t), nil)
		go g.Invoke(t.Context(), rpc("Dial"), message(t, "DialRequest", "number: '1' request_id: 'r'"))
		synctest.Wait()
		for range 2 {
			if _, err := g.Invoke(t.Context(), rpc("Dial"), message(t, "DialRequest", "number: '2' request_id: 'r'")); !errors.Is(err, ledger.ErrReused) {
				t.Errorf("got %v", err)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestCallerWhoLeavesCanLearnTheResponseLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := ringing(t)
		g := guard(t, next, nil)
		in := message(t, "DialRequest", "request_id: 'r'")
		impatient, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		var interrupted *ledger.InterruptedError
		if _, err := g.Invoke(impatient, rpc("Dial"), in); !errors.As(err, &interrupted) || !interrupted.Sent {
			t.Errorf("got %v", err)
		}
		out, err := g.Invoke(t.Context(), rpc("Dial"), in)
		if diff := cmp.Diff(message(t, "DialResponse", "call_id: 'call 1'"), out, protocmp.Transform()); diff != "" || err != nil || next.calls.Load() != 1 {
			t.Errorf("%v, %d calls: %s", err, next.calls.Load(), diff)
		}
	})
}

func TestScopeThatCannotBeToldEndsTheCall(t *testing.T) {
	t.Parallel()
	next := ringing(t)
	c := config(t, next, nil)
	unknown := errors.New("no such backend")
	c.Scope = func(context.Context, protoreflect.MethodDescriptor) (ledgerrpc.Scope, error) {
		return ledgerrpc.Scope{}, unknown
	}
	g, err := ledgerrpc.New(c, file.Services().ByName("Phone"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Invoke(t.Context(), rpc("Dial"), message(t, "DialRequest", "request_id: 'r'")); !errors.Is(err, unknown) || next.calls.Load() != 0 {
		t.Errorf("%d calls, %v", next.calls.Load(), err)
	}
}

func TestSchemaThatCannotBeGuardedIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	_, err := ledgerrpc.New(config(t, ringing(t), nil), file.Services().ByName("Phone"), file.Services().ByName("Wrong"))
	for _, want := range []string{"test.Wrong.Float: volume: a request with an id must hold neither maps nor floating-point numbers", "test.NumberRequest.request_id is not a string", "test.Wrong.Stream is a stream"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if _, err := ledgerrpc.New(ledgerrpc.Config{}); err == nil {
		t.Error("a configuration without anything was accepted")
	}
}

func TestCallsWithARequestIDAreGuarded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := guard(t, ringing(t), nil)
		for _, c := range []struct {
			fields string
			want   bool
		}{{"number: '1' request_id: 'r'", true}, {"number: '1'", false}} {
			if got := g.Guards(rpc("Dial"), message(t, "DialRequest", c.fields)); got != c.want {
				t.Errorf("%s: guarded %v", c.fields, got)
			}
		}
	})
}
