//go:build interop

package browsertest

import (
	"context"
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
	lost := make(chan bool, 1)
	lost <- true // the first answer
	if err := chromedp.Listen(b.ctx, func(event any) {
		if paused, is := event.(*fetch.EventRequestPaused); is {
			go b.lose(paused, lost)
		}
	}); err != nil {
		t.Fatal(err)
	}
	call(b, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*:playOnPhone", RequestStage: fetch.RequestStageResponse}}})
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	if len(lost) > 0 {
		t.Error("no answer was lost")
	}
	b.wait("one call was placed", `document.querySelectorAll("#exchange-list [data-operation=PlayOnPhone]").length === 1`)
}

// lose lets the answer to a request be lost if the channel holds anything, and otherwise lets it arrive.
func (b *browser) lose(paused *fetch.EventRequestPaused, lost <-chan bool) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var err error
	select {
	case <-lost:
		_, err = chromedp.Call(ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: paused.RequestID, ErrorReason: network.ErrorReasonConnectionReset})
	default:
		_, err = chromedp.Call(ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: paused.RequestID})
	}
	if err != nil && b.ctx.Err() == nil {
		b.t.Error(err)
	}
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
