package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// answering has the backend answer every request before any authentication.
func answering(b *backend, answer http.HandlerFunc) *backend {
	b.Config.Handler = answer
	return b
}

func TestAnswerToALegThatIsNoChallengeComesBackMarkedAsUnsent(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 400, 403, 404, 407, 413, 429, 500, 502, 503, 504} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			b := answering(newBackend(t), func(w http.ResponseWriter, r *http.Request) {
				if r.ContentLength != 0 || r.Header.Get("SOAPAction") != "" {
					t.Errorf("the request was sent: %v", r.Header)
				}
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(status)
			}).start()
			reply, err := b.client(t, "ntlm", nil).RoundTrip(t.Context(), &transport.Request{
				Action: "urn:dial", Body: []byte("dial"), Identity: identity(`CONTOSO\alice`),
				BeforeSend: func(context.Context) error { return errors.New("must not be called") },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer reply.Release()
			if !reply.Unsent || reply.Status != status {
				t.Errorf("status %d, unsent %v", reply.Status, reply.Unsent)
			}
		})
	}
}

func TestServerThatAsksForNoAuthenticationGetsNoRequest(t *testing.T) {
	t.Parallel()
	for status, contentType := range map[int]string{200: "text/xml", 202: "text/html", 500: "text/xml; charset=utf-8"} {
		b := answering(newBackend(t), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
		}).start()
		_, err := call(t, b.client(t, "ntlm", nil), identity(`CONTOSO\alice`), "dial")
		wantKind(t, err, transport.KindUnauthorized)
	}
}

func TestLegThatIsNotAnsweredEndsInItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		b := answering(newBackend(t), func(http.ResponseWriter, *http.Request) { <-stop }).startInMemory()
		defer close(stop)
		client := b.client(t, "ntlm", nil)
		start := time.Now()
		_, err := call(t, client, identity(`CONTOSO\alice`), "dial")
		wantKind(t, err, transport.KindUnavailable)
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		_, err = client.RoundTrip(ctx, &transport.Request{Body: []byte("dial"), Identity: identity(`CONTOSO\alice`)})
		wantKind(t, err, transport.KindUnavailable)
		if took := time.Since(start); took != time.Second/2 {
			t.Errorf("took %v of a second, want half", took)
		}
	})
}

func TestServerThatClosesInsideTheHandshakeIsGivenUpWithNothingSent(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM")
	next := b.Config.Handler
	b.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		next.ServeHTTP(w, r)
	})
	b.start()
	_, err := call(t, b.client(t, "ntlm", nil), identity(`CONTOSO\alice`), "dial")
	wantKind(t, err, transport.KindUnavailable)
	if b.connections > 5 || len(b.unexecuted)+len(b.executed) != 0 {
		t.Errorf("%d connections, refused %q, executed %q", b.connections, b.unexecuted, b.executed)
	}
}

func TestBrokenChallengeIsRefusedWithNothingSent(t *testing.T) {
	t.Parallel()
	for name, field := range map[string]string{
		"not base64":      "NTLM TlRM*",
		"another message": "NTLM TlRMTVNTUAADAAAA",
		"empty":           "NTLM",
		"syntax":          `NTLM "`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := answering(newBackend(t), func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", field)
				w.WriteHeader(http.StatusUnauthorized)
			}).start()
			_, err := call(t, b.client(t, "ntlm", nil), identity(`CONTOSO\alice`), "dial")
			wantKind(t, err, transport.KindUnauthorized)
		})
	}
}

func TestServerThatWantsNTLMForEachRequestGetsItBeforeTheRequest(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{"as it says": true, "as it turns out": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t, "NTLM")
			b.forget = func(*http.Request) bool { return true }
			if told {
				b.header = http.Header{"Persistent-Auth": {"false"}}
			}
			b.start()
			client := b.client(t, "ntlm", nil)
			for range 4 {
				mustCall(t, client, identity(`CONTOSO\alice`), "body")
			}
			want := map[bool]int{true: 0, false: 1}[told]
			if len(b.unexecuted) != want || b.challenged != 4 || b.connections != 1 {
				t.Errorf("%d bodies refused, want %d; %d challenges, %d connections", len(b.unexecuted), want, b.challenged, b.connections)
			}
		})
	}
}

func TestBeforeSendComesAfterTheFirstLegAndStopsTheRequest(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM").start()
	client := b.client(t, "ntlm", nil)
	stop := errors.New("the ledger is full")
	legs := -1
	ctx := transport.WithBeforeSend(t.Context(), func(context.Context) error {
		legs = b.legs
		return stop
	})
	_, err := client.RoundTrip(transport.WithIdentity(ctx, identity(`CONTOSO\alice`)), &transport.Request{Body: []byte("dial")})
	wantKind(t, err, transport.KindStopped)
	if !errors.Is(err, stop) || legs != 1 || len(b.executed)+len(b.unexecuted) != 0 {
		t.Errorf("error %v, after %d legs, executed %q, refused %q", err, legs, b.executed, b.unexecuted)
	}
}

func TestRequestIsNotSentAfterBeforeSendHasUsedUpTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t).startInMemory()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := b.client(t, "none", nil).RoundTrip(ctx, &transport.Request{Body: []byte("dial"), BeforeSend: func(context.Context) error {
			time.Sleep(2 * time.Second)
			return nil
		}})
		wantKind(t, err, transport.KindDeadline)
		if len(b.executed) != 0 {
			t.Errorf("executed %q", b.executed)
		}
	})
}

func TestRequestIsNotSentAfterTheCallerHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t).startInMemory()
		client := b.client(t, "none", nil)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("dial"), BeforeSend: func(context.Context) error {
			cancel()
			synctest.Wait() // the connection has heard of it, before its deadline is set
			return nil
		}})
		wantKind(t, err, transport.KindCanceled)
		if len(b.executed) != 0 {
			t.Errorf("executed %q", b.executed)
		}
	})
}

// TestHookThatPanicsCostsNoPlace: there is one connection, and the calls after it need it.
func TestHookThatPanicsCostsNoPlace(t *testing.T) {
	t.Parallel()
	for _, auth := range []string{"none", "ntlm"} {
		b := newBackend(t)
		if auth == "ntlm" {
			b.offers = []string{"NTLM"}
		}
		client := b.start().client(t, auth, func(c *transport.Config) { c.MaxConns = 1 })
		for range 3 {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the hook did not panic")
					}
				}()
				client.RoundTrip(t.Context(), &transport.Request{Body: []byte("dial"), Identity: identity(`CONTOSO\alice`), BeforeSend: func(context.Context) error {
					panic("a mistake")
				}})
			}()
			if stats := client.Stats(); stats.Open != stats.Idle {
				t.Fatalf("%s: %d connections are open, %d idle", auth, stats.Open, stats.Idle)
			}
			mustCall(t, client, identity(`CONTOSO\alice`), "body")
		}
		if len(b.executed) != 3 {
			t.Errorf("%s: executed %q", auth, b.executed)
		}
	}
}

func TestConnectionThatDiesDuringBeforeSendIsReplaced(t *testing.T) {
	t.Parallel()
	b := newBackend(t).start()
	client := b.client(t, "none", nil)
	mustCall(t, client, nil, "first")
	calls := 0
	reply, err := client.RoundTrip(t.Context(), &transport.Request{Body: []byte("second"), BeforeSend: func(context.Context) error {
		calls++
		b.CloseClientConnections()
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	reply.Release()
	if calls != 1 || b.connections != 2 || len(b.executed) != 2 {
		t.Errorf("called %d times, %d connections, executed %q", calls, b.connections, b.executed)
	}
}
