//go:build interop

package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const policyOfTheTest = `
policy:
  rules:
    - name: diallers
      callers: {roles: [dialler]}
      rpcs: ["*"]
      dial: {allow: ["4255550*"]}
`

// closed runs a gateway that only bearers of the issuer's tokens may use.
func closed(t *testing.T, i *issuer) *gateway {
	t.Helper()
	config := write(t, "umgateway.yaml", "callers: {issuers: [{url: \""+i.URL+"\", audiences: [umgateway]}]}\n"+policyOfTheTest)
	return serve(t, simulate(t), "--config", config)
}

func TestABearerTokenOpensTheConsole(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	b := open(t, closed(t, i).ready["console"])
	b.shows("#sign-in", "Bearer token")
	if id := b.focused(); id != "token" {
		t.Errorf("the focus is at %q, want the field for the token", id)
	}
	b.look("sign-in")
	b.fill("#token", "no.such.token")
	b.click("#sign-in-form .primary")
	b.shows("#sign-in-error", "About TOKEN_")
	b.look("sign-in-refused")

	token := i.token(t, "alice")
	b.fill("#token", token)
	b.click("#sign-in-form .primary")
	b.shows("#who", "Signed in by token")
	b.shows("#um-mark", "Unified Messaging on")
	b.shows("#backends", "Closed")
	b.fill("#message-id", "AAAA")
	b.fill("#number", "4255550100")
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
	b.click("#hang-up")
	b.shows("#outcome", "ended in the ordinary way")
	b.look("signed-in")

	b.fill("#number", "+1 900 555 0100")
	b.click("#place-button")
	b.shows("#place-error", "DIAL_FORBIDDEN")

	b.do(chromedp.Reload())
	b.shows("#um-mark", "Unified Messaging on")
	if place := ask(b, chromedp.Evaluate[string](`location.href + document.cookie + JSON.stringify(localStorage)`)); strings.Contains(place, token[:20]) {
		t.Errorf("the token is kept where it must not be: %s", place)
	}

	b.click("#sign-out")
	b.shows("#mailbox-empty", "Sign in to see")
	b.shows("#health-mark", "Signed out")
	if kept := ask(b, chromedp.Evaluate[int](`sessionStorage.length`)); kept != 0 {
		t.Errorf("after signing out, %d things are kept", kept)
	}
	b.look("signed-out")
}

func TestAPasswordOpensTheConsole(t *testing.T) {
	t.Parallel()
	g := serve(t, simulate(t), "--backend-identity", "caller-basic", "--backend-auth", "basic", "--backend-allow-insecure-basic")
	b := open(t, g.ready["console"])
	b.shows("#sign-in", "Password")
	b.fill("#user", `EXAMPLE\zoë`)
	b.fill("#password", "geheim: ß")
	b.click("#sign-in-form .primary")
	b.shows("#who", `Signed in by EXAMPLE\zoë`)
	b.shows("#um-mark", "Unified Messaging on")
	b.shows("#backends", "Details are for callers whom the gateway itself can authenticate")
	b.fill("#message-id", "AAAA")
	b.fill("#number", "4255550100")
	b.click("#place-button")
	b.shows("#call-mark", "Connected")
}
