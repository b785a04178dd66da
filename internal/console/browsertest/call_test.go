//go:build interop

package browsertest

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

func TestACallIsPlacedWatchedAndEnded(t *testing.T) {
	t.Parallel()
	b := open(t, demo(t).ready["console"])
	b.shows("#health-mark", "Backend is well")
	b.shows("#demo-mark", "no telephone rings")
	b.shows("#um-mark", "Unified Messaging on")
	b.look("start")

	b.click("#place-button")
	b.shows("#call-mark", "Alerted")
	b.shows(`[data-state="CALL_STATE_ALERTED"]`, "for")
	b.look("ringing")
	b.shows("#call-mark", "Connected")
	b.look("connected")
	b.size(390, 844)
	b.look("connected-narrow")
	b.size(1280, 1000)
	b.click("#hang-up")
	b.shows("#outcome", "ended in the ordinary way")
	b.shows("#call-mark", "Disconnected")
	for _, state := range []string{"CONNECTING", "ALERTED", "CONNECTED", "DISCONNECTED"} {
		b.wait(state+" has its time", `document.querySelector('[data-state="CALL_STATE_`+state+`"] time')?.dateTime`)
	}
	b.wait("what goes to the server is shown", `document.querySelectorAll("#exchange-list [data-operation=PlayOnPhone]").length === 1`)
	b.click("#exchange-list [data-operation=Disconnect] summary")
	b.shows("#exchange-list pre", "DisconnectResponse")
	b.look("ended")
	b.click("#show-polls")
	b.shows("#exchange-list [data-operation=GetCallInfo] summary", "GetCallInfo")
}

func TestAGreetingIsPlayedWithALease(t *testing.T) {
	t.Parallel()
	g := demo(t)
	b := open(t, g.ready["console"])
	b.click("#place [value=greeting] + span")
	b.click("#lease")
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	b.wait("a greeting was asked for", `document.querySelector("#exchange-list [data-operation=PlayOnPhoneGreeting]")`)
	id := ask(b, chromedp.Text("#call-id"))
	renewed, err := http.Post(g.ready["REST"]+"/v1/calls:renewLease", "application/json", strings.NewReader(`{"callId":"`+id+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer renewed.Body.Close()
	if renewed.StatusCode != http.StatusOK {
		t.Errorf("the call has no lease: %s", renewed.Status)
	}
	b.look("greeting")
}

func TestWhereBackendsSpeakDifferentlyTheReaderSaysOfWhichKindAnIDIs(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	config := write(t, "umgateway.yaml", `
backends:
  old: {url: ["`+simulator+`"]}
  new: {url: ["`+strings.Replace(simulator, "/UnifiedMessaging/Service.asmx", "/EWS/Exchange.asmx", 1)+`"], dialect: ews}
routing:
  rules: [{name: settings, rpcs: [um.v1.MailboxService/*], backend: old}]
  default: new
`)
	b := open(t, start(t, "REST", "serve", "--console", "--config", config, "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0",
		"--admin-addr", "", "--ledger", filepath.Join(t.TempDir(), "ledger.db")).ready["console"])
	b.shows("#backends h3", "new")
	b.shows("#backends h3", "old")
	b.fill("#message-id", "AAAA")
	b.fill("#number", "4255550100")
	b.do(chromedp.SendKeys("#id-kind", "Item", chromedp.NodeVisible))
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	b.look("two-backends")
}

func TestWhyACallFailedIsSaid(t *testing.T) {
	t.Parallel()
	b := open(t, demo(t).ready["console"])
	for number, cause := range map[string]string{
		"4255550101": "The line was busy.", "4255550102": "Nobody answered.", "4255550103": "could not be reached",
	} {
		b.fill("#number", number)
		b.click("#place-button")
		b.shows("#call-number", number)
		b.shows("#outcome", cause)
		b.wait("it was never connected", `document.querySelector('[data-state="CALL_STATE_CONNECTED"]').dataset.progress === "never"`)
	}
	b.look("busy")

	b.fill("#number", "4255550104")
	b.click("#place-button")
	b.shows("#place-error", "What to do:")
	b.shows("#place-error a", "About DIALING_RULES_FORBID")
	b.look("forbidden")
	b.size(390, 844)
	b.look("forbidden-narrow")
	b.size(1280, 1000)

	b.fill("#number", " ")
	b.click("#place-button")
	b.shows("#place-error", "Fill in the number to dial.")
	if id := b.focused(); id != "number" {
		t.Errorf("the focus is at %q, want the field that is not filled in", id)
	}

	b.click("#call .more summary, .more summary")
	b.fill("#follow-id", "bm8gc3VjaCBjYWxs")
	b.click("#follow button")
	b.shows("#call-error", "CALL_NOT_FOUND")
	b.look("unknown-call")
}

func TestACallRingsOnceHoweverOftenTheButtonIsPressed(t *testing.T) {
	t.Parallel()
	b := open(t, demo(t).ready["console"])
	at := ask(b, chromedp.Evaluate[[]float64](`((r) => [r.x + r.width / 2, r.y + r.height / 2])(document.getElementById("place-button").getBoundingClientRect())`))
	click := func(count int64) chromedp.Action[chromedp.Void] {
		return chromedp.MouseClickXY(at[0], at[1], func(p *input.DispatchMouseEventParams) { p.ClickCount = count })
	}
	b.do(click(1), click(2))
	b.shows("#call-mark", "Alerted")
	b.do(click(3)) // late: the first call is placed already
	b.shows("#call-mark", "Connected")
	b.wait("one call was placed", `document.querySelectorAll("#exchange-list [data-operation=PlayOnPhone]").length === 1`)
}

func TestAnErrorLeadsToTheDocumentationOfItsReason(t *testing.T) {
	t.Parallel()
	b := open(t, demo(t).ready["console"])
	b.fill("#number", "4255550104")
	b.click("#place-button")
	b.shows("#place-error a", "About DIALING_RULES_FORBID")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#place-error a").removeAttribute("target")`))
	b.click("#place-error a")
	b.shows("body", "DIALING_RULES_FORBID")
	b.wait("it is the documentation", `location.pathname === "/docs/reasons/DIALING_RULES_FORBID" && document.body.innerText.includes("Who acts")`)
}
