package soapbridge_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestWaitsDoubleAndComeOnTopOfABackOff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		what outcome
		want []time.Duration // between the requests
	}{
		{"unavailable", lost(transport.KindUnavailable, transport.NothingSent), []time.Duration{50 * time.Millisecond, 100 * time.Millisecond}},
		{"busy", busy("300"), []time.Duration{350 * time.Millisecond, 400 * time.Millisecond}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var at []time.Time
				b := &backend{answer: func(*transport.Request) (*transport.Reply, error) {
					at = append(at, time.Now())
					return tt.what()
				}}
				retrying(t, b, umRetries()).Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
				var waits []time.Duration
				for i := 1; i < len(at); i++ {
					waits = append(waits, at[i].Sub(at[i-1]))
				}
				if !slices.Equal(waits, tt.want) {
					t.Errorf("waited %v, want %v", waits, tt.want)
				}
			})
		})
	}
}

func TestTheUsualJitterStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		retries := umRetries()
		retries.Jitter, retries.BudgetBurst = nil, 1000
		b := inTurn(lost(transport.KindUnavailable, transport.NothingSent))
		bridge := retrying(t, b, retries)
		waits := map[time.Duration]bool{}
		for range 100 {
			start := time.Now()
			bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
			if waited := time.Since(start); waited > 150*time.Millisecond {
				t.Fatalf("waited %v in two pauses, want 150ms at most", waited)
			} else {
				waits[waited] = true
			}
		}
		if len(waits) < 90 {
			t.Errorf("100 calls waited in %d ways only", len(waits))
		}
	})
}

func TestNothingIsSentAgainPastTheDeadline(t *testing.T) {
	t.Parallel()
	tests := []struct {
		deadline time.Duration
		sent     int
		waited   time.Duration // a pause for which there is no time is not even begun
	}{
		{151 * time.Millisecond, 3, 150 * time.Millisecond},
		{150 * time.Millisecond, 2, 50 * time.Millisecond},
		{51 * time.Millisecond, 2, 50 * time.Millisecond},
		{50 * time.Millisecond, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.deadline.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := inTurn(lost(transport.KindUnavailable, transport.NothingSent))
				ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
				defer cancel()
				start := time.Now()
				_, err := retrying(t, b, umRetries()).Invoke(ctx, umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
				if got := failureOf(t, err); got.Kind != soapbridge.KindUnavailable {
					t.Errorf("got %v, want what went wrong", got)
				}
				if waited := time.Since(start); waited != tt.waited || len(b.actions()) != tt.sent {
					t.Errorf("%d requests in %v, want %d in %v", len(b.actions()), waited, tt.sent, tt.waited)
				}
			})
		})
	}
}

func TestACallerWhoGoesAwayEndsThePause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := inTurn(busy("900"))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		if _, err := retrying(t, b, umRetries()).Invoke(ctx, umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo")); err == nil {
			t.Error("it succeeded")
		}
		if waited := time.Since(start); waited != 100*time.Millisecond || len(b.actions()) != 1 {
			t.Errorf("%d requests in %v, want 1 in 100ms", len(b.actions()), waited)
		}
	})
}

func TestTheBudgetEndsRepetitionsWhenEverythingFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := inTurn(lost(transport.KindUnavailable, transport.NothingSent))
		retries := umRetries()
		retries.BudgetBurst = 4
		bridge := retrying(t, b, retries)
		call := func() { bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo")) }
		for range 100 {
			call()
		}
		// 4 saved up, and a tenth for each call that found less than 4.
		if repetitions := len(b.actions()) - 100; repetitions < 13 || repetitions > 14 {
			t.Errorf("%d repetitions for 100 calls, want 4 and a tenth of 100", repetitions)
		}
		b.answer = func(*transport.Request) (*transport.Reply, error) {
			return replies(200, "text/xml", envelope("<m:GetCallInfoResponse><m:CallState>Idle</m:CallState><m:EventCause>None</m:EventCause></m:GetCallInfoResponse>"))()
		}
		for range 1000 {
			call()
		}
		before := len(b.actions())
		b.answer = func(*transport.Request) (*transport.Reply, error) {
			return lost(transport.KindUnavailable, transport.NothingSent)()
		}
		for range 3 {
			call()
		}
		if sent := len(b.actions()) - before; sent != 3+4 {
			t.Errorf("%d requests for 3 calls after a good time, want 3 and the 4 that may be saved up", sent)
		}
	})
}

func TestNoMoreIsSavedUpThanTheBudgetHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := inTurn(lost(transport.KindUnavailable, transport.NothingSent))
		retries := umRetries()
		retries.BudgetRatio, retries.BudgetBurst = 100, 1
		bridge := retrying(t, b, retries)
		for range 5 {
			bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
		}
		if sent := len(b.actions()); sent != 5+5 {
			t.Errorf("%d requests for 5 calls, want one repetition for each", sent)
		}
	})
}

func TestARepetitionThatIsNotLetOutHidesNoAnswer(t *testing.T) {
	t.Parallel()
	leftAlone := func() (*transport.Reply, error) {
		return nil, &transport.Error{Op: "wait", Kind: transport.KindUnavailable, RetryAfter: 5 * time.Second, Err: errors.New("left alone")}
	}
	page := replies(500, "text/html", "<html></html>")
	unreached := lost(transport.KindUnavailable, transport.NothingSent)
	tests := map[string]struct {
		rpc        string
		outcomes   []outcome
		want       soapbridge.Kind
		status     int
		sent       transport.Sent
		retryAfter time.Duration
	}{
		"a page":              {"GetCallInfo", []outcome{page, leftAlone}, soapbridge.KindNotSOAP, 500, transport.FullySent, 0},
		"a fault":             {"GetCallInfo", []outcome{faults("soap:Server", ""), leftAlone}, soapbridge.KindFault, 500, transport.FullySent, 0},
		"a proxy's page":      {"GetCallInfo", []outcome{replies(503, "text/html", ""), leftAlone}, soapbridge.KindUnavailable, 503, transport.FullySent, 0},
		"a lost request":      {"Disconnect", []outcome{lost(transport.KindUnavailable, transport.FullySent), unreached, leftAlone}, soapbridge.KindUnavailable, 0, transport.FullySent, 0},
		"an account held off": {"GetCallInfo", []outcome{page, lost(transport.KindHeldOff, transport.NothingSent)}, soapbridge.KindNotSOAP, 500, transport.FullySent, 0},
		"a deadline":          {"GetCallInfo", []outcome{page, lost(transport.KindDeadline, transport.NothingSent)}, soapbridge.KindNotSOAP, 500, transport.FullySent, 0},
		"a departure":         {"SetOofStatus", []outcome{busy("300"), lost(transport.KindCanceled, transport.NothingSent)}, soapbridge.KindFault, 500, transport.FullySent, 300 * time.Millisecond},
		"half a request":      {"Disconnect", []outcome{lost(transport.KindUnavailable, transport.FullySent), lost(transport.KindDeadline, transport.PartlySent)}, soapbridge.KindUnavailable, 0, transport.FullySent, 0},
		"a deadline later":    {"Disconnect", []outcome{lost(transport.KindUnavailable, transport.FullySent), lost(transport.KindDeadline, transport.FullySent)}, soapbridge.KindDeadline, 0, transport.FullySent, 0},
		"only a deadline":     {"Disconnect", []outcome{unreached, lost(transport.KindDeadline, transport.NothingSent)}, soapbridge.KindDeadline, 0, transport.NothingSent, 0},
		"nothing but refusal": {"GetCallInfo", []outcome{unreached, leftAlone}, soapbridge.KindUnavailable, 0, transport.NothingSent, 5 * time.Second},
		"a second answer":     {"GetCallInfo", []outcome{page, replies(200, "text/xml", "")}, soapbridge.KindEmpty, 200, transport.FullySent, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := retrying(t, inTurn(tt.outcomes...), umRetries()).Invoke(t.Context(), umMethod(t, tt.rpc), requestOf(t, tt.rpc))
				got := failureOf(t, err)
				if got.Kind != tt.want || got.HTTPStatus != tt.status || got.Sent != tt.sent || got.RetryAfter != tt.retryAfter {
					t.Errorf("got %v, %v sent, again after %v; want %v, status %d, %v sent, again after %v",
						got, got.Sent, got.RetryAfter, tt.want, tt.status, tt.sent, tt.retryAfter)
				}
			})
		})
	}
}

func TestARepetitionAvoidsTheEndpointThatFailed(t *testing.T) {
	t.Parallel()
	for name, what := range map[string]outcome{"lost": lost(transport.KindUnavailable, transport.FullySent), "503": replies(503, "text/html", "<html>")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var avoided []string
				b := &backend{answer: func(r *transport.Request) (*transport.Reply, error) {
					avoided = append(avoided, r.Avoid)
					return what()
				}}
				retrying(t, b, umRetries()).Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
				if want := []string{"", "https://one.example.com/", "https://one.example.com/"}; !slices.Equal(avoided, want) {
					t.Errorf("avoided %q, want %q", avoided, want)
				}
			})
		})
	}
}

// TestACallHoldsNothingOfAnother has calls use each other's memory: those of ResetPIN, which are refused before they are
// sent, that of polls which are repeated.
func TestACallHoldsNothingOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var last soapbridge.Exchange
		observe := soapbridge.WithObserver(func(_ context.Context, e soapbridge.Exchange) { last = e })
		refused := &transport.Error{Op: "wait", Kind: transport.KindClosed, Err: errors.New("as the test wants it")}
		b := &backend{answer: func(r *transport.Request) (*transport.Reply, error) {
			if strings.HasSuffix(r.Action, "/GetCallInfo") {
				return replies(503, "text/html", "<html>")()
			}
			if r.Avoid != "" || r.Priority != transport.PriorityNormal || r.Repeatable {
				t.Errorf("request %+v", r)
			}
			return nil, refused
		}}
		bridge := retrying(t, b, umRetries(), observe, soapbridge.WithPolls("um.v1.CallService.GetCallInfo"))
		for range 20 {
			bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
			bridge.Invoke(t.Context(), umMethod(t, "ResetPIN"), requestOf(t, "ResetPIN"))
			if last.Operation != "ResetPIN" || last.Repetition != 0 || last.Endpoint != "" || last.Status != 0 || last.ReplyBytes != 0 {
				t.Errorf("reported %+v", last)
			}
		}
	})
}

func TestEachSendingIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []soapbridge.Exchange
		observe := soapbridge.WithObserver(func(_ context.Context, e soapbridge.Exchange) { seen = append(seen, e) })
		b := inTurn(lost(transport.KindUnavailable, transport.FullySent), unknownCall)
		if _, err := retrying(t, b, umRetries(), observe).Invoke(t.Context(), umMethod(t, "Disconnect"), requestOf(t, "Disconnect")); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 2 {
			t.Fatalf("%d exchanges were reported, want 2", len(seen))
		}
		for i, e := range seen {
			if e.Repetition != i || e.Endpoint != "https://one.example.com/" || e.Err == nil || e.Operation != "Disconnect" {
				t.Errorf("exchange %d: %+v", i, e)
			}
		}
	})
}

// holder is a backend that can hold identities back.
type holder struct {
	*backend
	held []time.Duration
}

func (h *holder) HoldOff(_ context.Context, request *transport.Request, d time.Duration) {
	if request.Action != "" {
		h.held = append(h.held, d)
	}
}

func TestABackOffInAFaultReachesTheTransport(t *testing.T) {
	t.Parallel()
	h := &holder{backend: inTurn(busy("70000"))}
	_, err := retrying(t, h, umRetries()).Invoke(t.Context(), umMethod(t, "PlayOnPhone"), requestOf(t, "PlayOnPhone"))
	if got := failureOf(t, err); got.RetryAfter != 70*time.Second {
		t.Errorf("retry after %v, want 70s", got.RetryAfter)
	}
	if want := []time.Duration{70 * time.Second}; !slices.Equal(h.held, want) {
		t.Errorf("the transport was told %v, want %v", h.held, want)
	}
}

func TestPollsAreMarkedAsSuch(t *testing.T) {
	t.Parallel()
	got := map[string]transport.Priority{}
	b := &backend{answer: func(r *transport.Request) (*transport.Reply, error) {
		got[r.Action[strings.LastIndexByte(r.Action, '/')+1:]] = r.Priority
		return replies(404, "", "")()
	}}
	bridge := newUMBridge(t, b, soapbridge.WithForm("https"), soapbridge.WithPolls("um.v1.CallService.GetCallInfo"))
	for _, rpc := range []string{"GetCallInfo", "Disconnect", "IsUMEnabled"} {
		bridge.Invoke(t.Context(), umMethod(t, rpc), requestOf(t, rpc))
	}
	if got["GetCallInfo"] != transport.PriorityPoll || got["Disconnect"] != transport.PriorityNormal || got["IsUMEnabled"] != transport.PriorityNormal {
		t.Errorf("got %v, want GetCallInfo alone to be a poll", got)
	}
}
