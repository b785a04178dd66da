//go:build interop

package browsertest

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

func TestABackendThatDoesNotAnswerIsShown(t *testing.T) {
	t.Parallel()
	b := open(t, serve(t, "http://127.0.0.1:1/UnifiedMessaging/Service.asmx").ready["console"])
	b.shows("#mailbox-error", "BACKEND_UNAVAILABLE")
	b.fill("#message-id", "AAAA")
	b.fill("#number", "4255550100")
	for range 5 {
		b.click("#place-button")
		b.shows("#place-error", "BACKEND_UNAVAILABLE")
	}
	b.shows("#backends", "Open")
	b.shows("#health-mark", "Backend does not answer")
	b.look("backend-down")
}

func TestAGatewayThatDoesNotAnswerIsShown(t *testing.T) {
	t.Parallel()
	g := demo(t)
	b := open(t, g.ready["console"])
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	g.end()
	b.shows("#health-mark", "Gateway does not answer")
	b.shows("#watch-note", "made anew")
	b.look("gateway-gone")
}

func TestACallIsFollowedAcrossARestartOfTheGateway(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	g := serve(t, simulator)
	b := open(t, g.ready["console"])
	b.fill("#message-id", "AAAA")
	b.fill("#number", "4255550100")
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	g.end()
	b.shows("#watch-note", "made anew")
	serve(t, simulator, "--http-addr", strings.TrimPrefix(g.ready["REST"], "http://"))
	b.wait("the call is followed again", `document.getElementById("watch-note").hidden`)
	b.click("#hang-up")
	b.shows("#outcome", "ended in the ordinary way")
}

func TestACallWhoseAnswerIsLostRingsOnce(t *testing.T) {
	t.Parallel()
	b := open(t, demo(t).ready["console"])
	b.answerDials(dialAnswer{})
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	b.rangOnce()
}

// The answers come from before the gateway looks what became of the first request, or from something before the gateway.
func TestACallRingsOnceAlsoWhenAfterALostAnswerAnotherIsRefused(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string][]dialAnswer{
		"the token has run out":  {{}, {401, "TOKEN_EXPIRED"}},
		"the policy has changed": {{}, {403, "DIAL_FORBIDDEN"}},
		"one after the other":    {{}, {429, "RATE_LIMITED"}, {503, "DRAINING"}},
		"a proxy gives up":       {{504, ""}, {502, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, demo(t).ready["console"])
			b.answerDials(answers...)
			for _, answer := range answers {
				if answer.status > 0 {
					b.click("#place-button")
					b.shows("#place-error", cmp.Or(answer.reason, fmt.Sprint("status ", answer.status)))
					b.shows("#place-error", "does not ring it a second time")
					b.shows("#place-button", "Ask again")
				}
			}
			b.click("#place-button")
			b.shows("#call-mark", "Connected")
			b.rangOnce()
		})
	}
}

// dialAnswer is an answer that something on the way gives instead of the gateway's; without a status it is lost.
type dialAnswer struct {
	status int64
	reason string // of a google.rpc.Status; empty if it is none
}

// answerDials replaces the first answers to requests that ring a telephone. The requests reach the gateway.
func (b *browser) answerDials(answers ...dialAnswer) {
	b.t.Helper()
	left := make(chan dialAnswer, len(answers))
	for _, answer := range answers {
		left <- answer
	}
	b.t.Cleanup(func() {
		if len(left) > 0 {
			b.t.Error("there were fewer requests than answers")
		}
	})
	if err := chromedp.Listen(b.ctx, func(event any) {
		if paused, is := event.(*fetch.EventRequestPaused); is {
			go b.replace(paused, left)
		}
	}); err != nil {
		b.t.Fatal(err)
	}
	call(b, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*:playOnPhone", RequestStage: fetch.RequestStageResponse}}})
}

// replace replaces the answer to a request by the next of the channel, if there is any.
func (b *browser) replace(paused *fetch.EventRequestPaused, answers <-chan dialAnswer) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var err error
	select {
	case answer := <-answers:
		if answer.status == 0 {
			_, err = chromedp.Call(ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: paused.RequestID, ErrorReason: network.ErrorReasonConnectionReset})
			break
		}
		body := "<html>"
		if answer.reason != "" {
			body = `{"message": "no", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "` + answer.reason + `"}]}`
		}
		_, err = chromedp.Call(ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: paused.RequestID, ResponseCode: answer.status, Body: []byte(body)})
	default:
		_, err = chromedp.Call(ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: paused.RequestID})
	}
	if err != nil && b.ctx.Err() == nil {
		b.t.Error(err)
	}
}

func (b *browser) rangOnce() {
	b.t.Helper()
	b.wait("one call was placed", `document.querySelectorAll("#exchange-list [data-operation=PlayOnPhone]").length === 1`)
}

func TestTheBrowserComplainsAboutWhatThePolicyForbids(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	b.do(chromedp.Navigate(demo(t).ready["console"]))
	for directive, code := range map[string]string{
		"style-src-attr":            `document.body.setAttribute("style", "color: red")`,
		"require-trusted-types-for": `document.body.innerHTML = "x"`,
		"style-src-elem":            `const s = document.createElement("style"); s.textContent = "*{}"; document.head.append(s)`,
		"img-src":                   `new Image().src = "http://127.0.0.1:1/x.png"`,
		"connect-src":               `fetch("http://127.0.0.1:1/").catch(() => {})`,
	} {
		b.do(chromedp.Evaluate[chromedp.Void](`try { ` + code + ` } catch {}; 0`))
		b.eventuallyComplains(directive)
	}
}
