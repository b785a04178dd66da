//go:build interop

package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// signIn shows a token in the window that is open.
func (b *browser) signIn(token string) {
	b.t.Helper()
	b.shows("#sign-in", "Bearer token")
	b.fill("#token", token)
	b.click("#sign-in-form .primary")
	b.shows("#um-mark", "Unified Messaging on")
}

// place fills the form in and asks for a call.
func (b *browser) place() {
	b.t.Helper()
	b.fill("#message-id", "AAAA")
	b.fill("#number", "4255550100")
	b.click("#place-button")
}

// alice has a console open that asks for tokens, and is signed in; what lies between it and the gateway can be told to answer.
func alice(t *testing.T) (*issuer, *browser, *way) {
	t.Helper()
	i := newIssuer(t)
	b := open(t, closed(t, i).ready["console"])
	b.signIn(i.token(t, "alice"))
	return i, b, between(b)
}

func TestWhoeverSignsInNextAsksUnderAKeyOfTheirOwn(t *testing.T) {
	t.Parallel()
	i, b, w := alice(t)
	w.answer(dials, answer{status: 504})
	b.place()
	b.shows("#place-button", "Ask again")

	b.click("#sign-out")
	b.shows("#place-button", "Place call")
	if left := ask(b, chromedp.Evaluate[string](`document.getElementById("number").value + document.getElementById("place-error").innerText`)); left != "" {
		t.Errorf("the next reader sees %q", left)
	}
	b.click("#sign-in-open")
	b.signIn(i.token(t, "bob"))
	b.place()
	b.shows("#call-mark", "Connected")
	if keys := w.keys(dials); len(keys) != 2 || keys[0] == keys[1] {
		t.Errorf("two users asked under %q", keys)
	}
}

func TestWhoSignsInAnewAfterTheTokenRanOutRingsOnce(t *testing.T) {
	t.Parallel()
	i, b, w := alice(t)
	w.answer(dials, answer{status: 504})
	b.place()
	b.shows("#place-button", "Ask again")

	w.answer("/console/status", answer{status: 401, reason: "TOKEN_EXPIRED"})
	b.shows("#sign-in-error", "TOKEN_EXPIRED")
	b.click("#sign-in-cancel")
	b.click("#place-button") // as whoever the browser may stand for
	b.shows("#place-error", "Sign in again to find out")
	b.click("#sign-in-open")
	b.signIn(i.token(t, "alice"))
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	if keys := w.keys(dials); len(keys) != 2 || keys[0] != keys[1] {
		t.Errorf("one call was asked for under %q", keys)
	}
}

func TestACallIsNotAskedForAgainAsAnotherUser(t *testing.T) {
	t.Parallel()
	i, b, w := alice(t)
	lost := make(chan struct{})
	w.answer(dials, answer{after: lost})
	b.place()
	b.shows("#place-button", "Placing…")
	b.click("#sign-out")
	b.click("#sign-in-open")
	b.signIn(i.token(t, "bob"))
	close(lost)
	b.shows("#place-button", "Place call")
	if keys := w.keys(dials); len(keys) != 1 {
		t.Errorf("was asked %d times, want once", len(keys))
	}
	if shown := b.text(); ask(b, chromedp.Evaluate[string](`document.getElementById("place-error").innerText`)) != "" {
		t.Errorf("bob sees what became of alice's call:\n%s", shown)
	}
}

func TestSettingsThatArriveAfterSigningOutAreNotShown(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	b := open(t, closed(t, i).ready["console"])
	w := between(b)
	late := make(chan struct{})
	w.answer("/umProperties", answer{after: late, intact: true})
	b.shows("#sign-in", "Bearer token")
	b.fill("#token", i.token(t, "alice"))
	b.click("#sign-in-form .primary")
	b.shows("#health-mark", "Backend is well")
	b.click("#sign-out")
	close(late)
	b.wait("the settings have arrived", `document.getElementById("mailbox").getAttribute("aria-busy") === "false"`)
	b.shows("#mailbox-empty", "Sign in to see")
	if ask(b, chromedp.Evaluate[bool](`document.getElementById("mailbox-body").checkVisibility()`)) {
		t.Errorf("whoever comes next sees the settings:\n%s", b.text())
	}
}

func TestAChangeThatFailsAfterSigningOutChangesNothingForTheNextReader(t *testing.T) {
	t.Parallel()
	i, b, w := alice(t)
	late := make(chan struct{})
	w.answer(":setOofStatus", answer{after: late, status: 504})
	b.click("#oof")
	b.click("#sign-out")
	b.click("#sign-in-open")
	b.signIn(i.token(t, "bob"))
	const oof = `document.getElementById("oof")`
	on := ask(b, chromedp.Evaluate[bool](oof+`.checked`))
	close(late)
	b.wait("the answer has arrived", oof+`.getAttribute("aria-disabled") === null`)
	if ask(b, chromedp.Evaluate[bool](oof+`.checked`)) != on {
		t.Error("the control that bob sees has moved")
	}
	if said := ask(b, chromedp.Evaluate[string](`document.getElementById("mailbox-error").innerText`)); said != "" {
		t.Errorf("bob sees %q", said)
	}
}
