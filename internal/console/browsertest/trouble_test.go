//go:build interop

package browsertest

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

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

// dials is the end of the address at which telephones are rung.
const dials = ":playOnPhone"

func TestACallWhoseAnswerIsLostRingsOnce(t *testing.T) {
	t.Parallel()
	b := open(t, demo(t).ready["console"])
	between(b).answer(dials, answer{})
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	b.rangOnce()
}

// The answers come from before the gateway looks what became of the first request, or from something before the gateway.
func TestACallRingsOnceAlsoWhenAfterALostAnswerAnotherIsRefused(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string][]answer{
		"the token has run out":  {{}, {status: 401, reason: "TOKEN_EXPIRED"}},
		"the policy has changed": {{}, {status: 403, reason: "DIAL_FORBIDDEN"}},
		"one after the other":    {{}, {status: 429, reason: "RATE_LIMITED"}, {status: 503, reason: "DRAINING"}},
		"a proxy gives up":       {{status: 504}, {status: 502}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, demo(t).ready["console"])
			between(b).answer(dials, answers...)
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
