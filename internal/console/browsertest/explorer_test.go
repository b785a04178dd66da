//go:build interop

package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestAnRPCIsTriedOnThePageOfTheAPI(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	b := newBrowser(t)
	b.do(chromedp.Navigate(closed(t, i).ready["REST"] + "/docs/#/MailboxService/MailboxService_IsUMEnabled"))
	b.shows("#operations-MailboxService-MailboxService_IsUMEnabled", "/v1/mailbox:umEnabled")
	b.click(".try-out__btn")
	b.click(".execute")
	b.shows(".live-responses-table .response-col_status", "401")
	b.shows(".live-responses-table", "CREDENTIALS_MISSING")

	b.click(".auth-wrapper .authorize")
	b.fill("#auth-bearer-value", i.token(t, "alice"))
	b.click(`form:has(#auth-bearer-value) button[aria-label="Apply credentials"]`)
	b.click(".btn-done")
	b.click(".execute")
	b.shows(".live-responses-table .response-col_status", "200")
	b.shows(".live-responses-table", `"enabled": true`)
	for _, complaint := range b.complained() {
		if strings.Contains(complaint, "policy: ") { // Swagger UI warns of its own future too
			t.Errorf("the browser complains: %s", complaint)
		}
	}
}
