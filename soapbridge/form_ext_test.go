package soapbridge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/internal/vectors"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// formServer is a server that knows some of the namespace forms. What it is asked is written "https/Operation".
type formServer struct {
	t        *testing.T
	knows    map[string]bool   // the forms, by name
	language string            // of the words with which it refuses a form; empty for English
	faults   map[string]string // the body of the answer to a request, in place of a result
	lost     map[string]bool   // requests whose answer is lost
	delay    time.Duration     // before each answer

	mu       sync.Mutex
	seen     []string
	executed []string
}

func (s *formServer) RoundTrip(ctx context.Context, request *transport.Request) (*transport.Reply, error) {
	operation := path.Base(request.Action)
	form := "https"
	namespace := strings.TrimSuffix(request.Action, "/"+operation)
	if namespace == vectors.NamespaceHTTP {
		form = "http"
	}
	if !strings.Contains(string(request.Body), fmt.Sprintf("<%s xmlns=%q>", operation, namespace)) {
		s.t.Errorf("the body is not in step with the SOAPAction %s: %s", request.Action, request.Body)
	}
	asked := form + "/" + operation
	s.mu.Lock()
	s.seen = append(s.seen, asked)
	s.mu.Unlock()
	if s.delay > 0 {
		time.Sleep(s.delay)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case s.lost[asked]:
		return nil, &transport.Error{Op: "read", Kind: transport.KindUnavailable, Sent: transport.FullySent, Err: errors.New("lost")}
	case !s.knows[form]:
		return xmlReply(http.StatusInternalServerError, envelope(s.refusal(request.Action))), nil
	case s.faults[asked] != "":
		return xmlReply(http.StatusInternalServerError, envelope(s.faults[asked])), nil
	}
	s.mu.Lock()
	s.executed = append(s.executed, asked)
	s.mu.Unlock()
	result := map[string]string{
		"GetCallInfo": `<m:CallState>Idle</m:CallState><m:EventCause>None</m:EventCause>`,
		"IsUMEnabled": `true`, "PlayOnPhone": `x`, "PlayOnPhoneGreeting": `x`,
	}[operation]
	return xmlReply(http.StatusOK, envelope(`<m:`+operation+`Response>`+result+`</m:`+operation+`Response>`)), nil
}

func (s *formServer) refusal(action string) string {
	text := "Server did not recognize the value of HTTP Header SOAPAction: " + action + "."
	if s.language == "fr" {
		text = "Le serveur n'a pas reconnu la valeur de l'en-tête HTTP SOAPAction : " + action + "."
	}
	return clientFault(text, "")
}

func clientFault(text, detail string) string {
	return `<soap:Fault><faultcode>soap:Client</faultcode><faultstring>` + text + `</faultstring><detail>` + detail + `</detail></soap:Fault>`
}

const callNotFound = `<soap:Fault><faultcode>soap:Server</faultcode><faultstring>x</faultstring><detail><ExceptionType>InvalidCallIdException</ExceptionType></detail></soap:Fault>`

// TestFormsAreLearned: each test makes its calls one after the other, and says what the server then has seen and executed.
func TestFormsAreLearned(t *testing.T) {
	t.Parallel()
	both := map[string]bool{"https": true, "http": true}
	https, http := map[string]bool{"https": true}, map[string]bool{"http": true}
	const fault, notDispatched, unavailable = soapbridge.KindFault, soapbridge.KindNotDispatched, soapbridge.KindUnavailable
	type outcomes map[int]soapbridge.Kind // of the calls that fail, by their position
	tests := map[string]struct {
		server   *formServer
		options  []soapbridge.Option
		calls    string
		seen     string
		executed string
		fails    outcomes
	}{
		"https server": {
			server: &formServer{knows: https}, calls: "Disconnect GetCallInfo",
			seen: "https/Disconnect https/GetCallInfo", executed: "https/Disconnect https/GetCallInfo",
		},
		"http server costs one refused exchange": {
			server: &formServer{knows: http}, calls: "PlayOnPhone ResetPIN GetCallInfo",
			seen: "https/PlayOnPhone http/PlayOnPhone http/ResetPIN http/GetCallInfo", executed: "http/PlayOnPhone http/ResetPIN http/GetCallInfo",
		},
		"lenient server": {
			server: &formServer{knows: both}, calls: "PlayOnPhone GetCallInfo",
			seen: "https/PlayOnPhone https/GetCallInfo", executed: "https/PlayOnPhone https/GetCallInfo",
		},
		"no form is known": {
			server: &formServer{}, calls: "Disconnect Disconnect",
			seen: "https/Disconnect http/Disconnect https/Disconnect http/Disconnect", fails: outcomes{0: notDispatched, 1: notDispatched},
		},
		"a fault of the operation teaches": {
			server: &formServer{knows: https, faults: map[string]string{"https/Disconnect": callNotFound, "https/PlayOnPhone": clientFault("quoi ?", "")}},
			calls:  "Disconnect PlayOnPhone", seen: "https/Disconnect https/PlayOnPhone", fails: outcomes{0: fault, 1: fault},
		},
		"a fault of the operation teaches the other form": {
			server: &formServer{knows: http, faults: map[string]string{"http/Disconnect": callNotFound}},
			calls:  "Disconnect Disconnect", seen: "https/Disconnect http/Disconnect http/Disconnect", fails: outcomes{0: fault, 1: fault},
		},
		"a fault of the server teaches nothing": {
			server: &formServer{knows: http, faults: map[string]string{"http/Disconnect": `<soap:Fault><faultcode>Server</faultcode><detail/></soap:Fault>`}},
			calls:  "Disconnect Disconnect", seen: "https/Disconnect http/Disconnect https/Disconnect http/Disconnect", fails: outcomes{0: fault, 1: fault},
		},
		"a fault that blames the request teaches nothing": {
			server: &formServer{knows: https, faults: map[string]string{"https/Disconnect": clientFault("schema", "<why/>"), "https/GetCallInfo": clientFault("quoi ?", "")}},
			calls:  "Disconnect GetCallInfo", seen: "https/Disconnect https/GetCallInfo http/IsUMEnabled", fails: outcomes{0: fault, 1: fault},
		},
		"a lost answer teaches nothing": {
			server: &formServer{knows: http, lost: map[string]bool{"http/Disconnect": true}}, calls: "Disconnect GetCallInfo",
			seen: "https/Disconnect http/Disconnect https/GetCallInfo http/GetCallInfo", executed: "http/GetCallInfo", fails: outcomes{0: unavailable},
		},
		"fixed to http": {
			server: &formServer{knows: http}, options: []soapbridge.Option{soapbridge.WithForm("http")}, calls: "Disconnect",
			seen: "http/Disconnect", executed: "http/Disconnect",
		},
		"fixed to the wrong form": {
			server: &formServer{knows: http}, options: []soapbridge.Option{soapbridge.WithForm("https")}, calls: "Disconnect Disconnect",
			seen: "https/Disconnect https/Disconnect", fails: outcomes{0: notDispatched, 1: notDispatched},
		},
		"fixed, in a foreign language": {
			server: &formServer{knows: http, language: "fr"}, options: []soapbridge.Option{soapbridge.WithForm("https")}, calls: "GetCallInfo",
			seen: "https/GetCallInfo", fails: outcomes{0: fault},
		},

		"foreign language, a read": {
			server: &formServer{knows: http, language: "fr"}, calls: "GetCallInfo Disconnect",
			seen: "https/GetCallInfo http/IsUMEnabled http/GetCallInfo http/Disconnect", executed: "http/IsUMEnabled http/GetCallInfo http/Disconnect",
		},
		"foreign language, the probe itself": {
			server: &formServer{knows: http, language: "fr"}, calls: "IsUMEnabled IsUMEnabled",
			seen: "https/IsUMEnabled http/IsUMEnabled http/IsUMEnabled", executed: "http/IsUMEnabled http/IsUMEnabled",
		},
		"foreign language, a dial": {
			server: &formServer{knows: http, language: "fr"}, calls: "PlayOnPhone PlayOnPhone",
			seen:     "https/PlayOnPhone http/IsUMEnabled https/IsUMEnabled http/PlayOnPhone http/PlayOnPhone",
			executed: "http/IsUMEnabled http/PlayOnPhone http/PlayOnPhone",
		},
		"foreign language, a change": {
			server: &formServer{knows: http, language: "fr"}, calls: "SetOofStatus",
			seen:     "https/SetOofStatus http/IsUMEnabled https/IsUMEnabled http/SetOofStatus",
			executed: "http/IsUMEnabled http/SetOofStatus",
		},
		"foreign language, the probe's own fault teaches": {
			server: &formServer{knows: http, language: "fr", faults: map[string]string{"http/IsUMEnabled": callNotFound}}, calls: "GetCallInfo",
			seen: "https/GetCallInfo http/IsUMEnabled http/GetCallInfo", executed: "http/GetCallInfo",
		},
		"a dial refused by a lenient server is not sent again": {
			server: &formServer{knows: both, faults: map[string]string{"https/PlayOnPhone": clientFault("quoi ?", "")}}, calls: "PlayOnPhone GetCallInfo",
			seen:     "https/PlayOnPhone http/IsUMEnabled https/IsUMEnabled https/GetCallInfo",
			executed: "http/IsUMEnabled https/IsUMEnabled https/GetCallInfo", fails: outcomes{0: fault},
		},
		"a dial is not sent again when the second probe is lost": {
			server: &formServer{knows: http, language: "fr", lost: map[string]bool{"https/IsUMEnabled": true}}, calls: "PlayOnPhone PlayOnPhone",
			seen:     "https/PlayOnPhone http/IsUMEnabled https/IsUMEnabled http/PlayOnPhone",
			executed: "http/IsUMEnabled http/PlayOnPhone", fails: outcomes{0: fault},
		},
		"a dial is not sent again when the second probe is answered by a fault of the server": {
			server: &formServer{knows: both, faults: map[string]string{
				"https/PlayOnPhone": clientFault("quoi ?", ""), "https/IsUMEnabled": `<soap:Fault><faultcode>Server</faultcode></soap:Fault>`,
			}},
			calls: "PlayOnPhone", seen: "https/PlayOnPhone http/IsUMEnabled https/IsUMEnabled", executed: "http/IsUMEnabled", fails: outcomes{0: fault},
		},
		"a dial is not sent again when the first probe is lost": {
			server: &formServer{knows: http, language: "fr", lost: map[string]bool{"http/IsUMEnabled": true}}, calls: "PlayOnPhone",
			seen: "https/PlayOnPhone http/IsUMEnabled", fails: outcomes{0: fault},
		},
		"foreign language, no form is known": {
			server: &formServer{language: "fr"}, calls: "GetCallInfo",
			seen: "https/GetCallInfo http/IsUMEnabled", fails: outcomes{0: fault},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := test.server
			server.t = t
			bridge := newUMBridge(t, server, test.options...)
			for i, rpc := range strings.Fields(test.calls) {
				_, err := bridge.Invoke(t.Context(), umMethod(t, rpc), requestOf(t, rpc))
				want, fails := test.fails[i]
				if (err != nil) != fails {
					t.Fatalf("call %d: got %v", i, err)
				}
				if fails && failureOf(t, err).Kind != want {
					t.Errorf("call %d: got %v, want %v", i, err, want)
				}
			}
			if want := strings.Fields(test.seen); !slices.Equal(server.seen, want) {
				t.Errorf("the server has seen %q, want %q", server.seen, want)
			}
			if want := strings.Fields(test.executed); !slices.Equal(server.executed, want) {
				t.Errorf("the server has executed %q, want %q", server.executed, want)
			}
		})
	}
}

// TestWithoutAProbeAnAmbiguousFaultIsTheAnswer: nothing is sent on a guess.
func TestWithoutAProbeAnAmbiguousFaultIsTheAnswer(t *testing.T) {
	t.Parallel()
	server := &formServer{t: t, knows: map[string]bool{"http": true}, language: "fr"}
	dialect := umDialect()
	dialect.Probe = ""
	bridge, err := soapbridge.New(dialect, server, umServices())
	if err != nil {
		t.Fatal(err)
	}
	_, err = bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
	if failure := failureOf(t, err); failure.Kind != soapbridge.KindFault || len(server.seen) != 1 {
		t.Errorf("got %v after %q", failure, server.seen)
	}
}

// TestAChangedServerIsLearnedAnew: what was learned is not for ever if the server then certainly refuses it.
func TestAChangedServerIsLearnedAnew(t *testing.T) {
	t.Parallel()
	server := &formServer{t: t, knows: map[string]bool{"http": true}}
	bridge := newUMBridge(t, server)
	call := func() {
		t.Helper()
		if _, err := bridge.Invoke(t.Context(), umMethod(t, "PlayOnPhone"), requestOf(t, "PlayOnPhone")); err != nil {
			t.Fatal(err)
		}
	}
	call()
	server.knows = map[string]bool{"https": true}
	call()
	call()
	want := []string{"https/PlayOnPhone", "http/PlayOnPhone", "http/PlayOnPhone", "https/PlayOnPhone", "https/PlayOnPhone"}
	if !slices.Equal(server.seen, want) {
		t.Errorf("the server has seen %q, want %q", server.seen, want)
	}
}

// invokeAll makes n calls at once and returns their errors.
func invokeAll(t *testing.T, bridge *soapbridge.Bridge, n int) []error {
	t.Helper()
	rpcs := []string{"PlayOnPhone", "GetCallInfo", "Disconnect", "ResetPIN", "IsUMEnabled"}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		rpc := rpcs[i%len(rpcs)]
		in := requestOf(t, rpc)
		method := umMethod(t, rpc)
		wg.Go(func() { _, errs[i] = bridge.Invoke(t.Context(), method, in) })
	}
	wg.Wait()
	return errs
}

// TestLearningCostsOneRefusedExchange: however many calls come at once.
func TestLearningCostsOneRefusedExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &formServer{t: t, knows: map[string]bool{"http": true}, delay: 500 * time.Millisecond}
		for _, err := range invokeAll(t, newUMBridge(t, server), 100) {
			if err != nil {
				t.Error(err)
			}
		}
		if len(server.seen) != 101 || len(server.executed) != 100 {
			t.Errorf("the server has seen %d requests and executed %d, want 101 and 100", len(server.seen), len(server.executed))
		}
	})
}

// TestCallsDoNotStandInLineBeforeADeadServer: one that found nothing out lets all that waited go ahead together.
func TestCallsDoNotStandInLineBeforeADeadServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &formServer{t: t, delay: time.Second, lost: map[string]bool{}}
		for _, rpc := range []string{"PlayOnPhone", "GetCallInfo", "Disconnect", "ResetPIN", "IsUMEnabled"} {
			server.lost["https/"+rpc] = true
		}
		start := time.Now()
		invokeAll(t, newUMBridge(t, server), 100)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("100 calls that take a second each took %v, want 2s", took)
		}
	})
}

// TestAStuckCallDoesNotHoldBackTheOthers: after two seconds they find out for themselves.
func TestAStuckCallDoesNotHoldBackTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		server := &formServer{t: t, knows: map[string]bool{"https": true}}
		first := true
		var mu sync.Mutex
		b := &backend{answer: func(request *transport.Request) (*transport.Reply, error) {
			mu.Lock()
			isFirst := first
			first = false
			mu.Unlock()
			if isFirst {
				<-stuck
			}
			return server.RoundTrip(t.Context(), request)
		}}
		bridge := newUMBridge(t, b)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := bridge.Invoke(t.Context(), umMethod(t, "PlayOnPhone"), requestOf(t, "PlayOnPhone")); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		start := time.Now()
		if _, err := bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo")); err != nil {
			t.Error(err)
		}
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("waited %v, want 2s", waited)
		}
		close(stuck)
		wg.Wait()
	})
}

// TestACallThatWaitsEndsWithItsContext: and has sent nothing.
func TestACallThatWaitsEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want soapbridge.Kind
	}{
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, soapbridge.KindDeadline},
		"cancel": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, soapbridge.KindCanceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &formServer{t: t, knows: map[string]bool{"https": true}, delay: time.Hour}
				bridge := newUMBridge(t, server)
				var wg sync.WaitGroup
				wg.Go(func() { invokeOne(t.Context(), t, bridge, "PlayOnPhone") })
				synctest.Wait()
				ctx, cancel := test.end(t.Context())
				defer cancel()
				_, err := invokeOne(ctx, t, bridge, "PlayOnPhone")
				if failure := failureOf(t, err); failure.Kind != test.want || failure.Operation != "PlayOnPhone" {
					t.Errorf("got %v, want %v", failure, test.want)
				}
				if len(server.seen) != 1 {
					t.Errorf("the server has seen %q", server.seen)
				}
				wg.Wait()
			})
		})
	}
}

func invokeOne(ctx context.Context, t *testing.T, bridge *soapbridge.Bridge, rpc string) (proto.Message, error) {
	t.Helper()
	return bridge.Invoke(ctx, umMethod(t, rpc), requestOf(t, rpc))
}
