package exchangesim

import (
	"net/http"
	"strings"
	"time"
)

// Breakage is a way to be broken for good that has a name, for the command line and for tests. Some are only odd: whoever
// calls copes with them.
type Breakage struct {
	Name         string // in lower case, with hyphens
	About        string // what it is, in a few words
	Misbehaviour Misbehaviour
}

// Breakages lists everything that a misbehaviour can do, each at least once.
func Breakages() []Breakage {
	return []Breakage{
		{"login-page", "a login page answers in the place of Exchange", HTMLPage(http.StatusOK)},
		{"not-found", "nothing is at this path", HTMLPage(http.StatusNotFound)},
		{"forbidden", "the web server lets nobody in", HTMLPage(http.StatusForbidden)},
		{"error-page", "the web server's own error page", HTMLPage(http.StatusInternalServerError)},
		{"bad-gateway", "a load balancer finds no server behind it", HTMLPage(http.StatusBadGateway)},
		{"outage", "the service is down", HTMLPage(http.StatusServiceUnavailable)},
		{"gateway-timeout", "a load balancer waits in vain", HTMLPage(http.StatusGatewayTimeout)},
		{"unauthorized", "nobody may sign in", Empty(http.StatusUnauthorized)},
		{"proxy-auth", "a proxy on the way wants a credential", Empty(http.StatusProxyAuthRequired)},
		{"empty", "an empty reply", Empty(http.StatusOK)},
		{"empty-error", "an empty reply of status 500", Empty(http.StatusInternalServerError)},
		{"bad-request", "the request is not understood", Empty(http.StatusBadRequest)},
		{"throttled", "too many requests", Empty(http.StatusTooManyRequests)},
		{"busy", "Exchange asks to come again later", ServerBusy(time.Minute)},
		{"redirect", "a redirect to another address", Misbehaviour{Unexecuted: true, Status: http.StatusFound, Header: map[string]string{"Location": "/owa/auth/logon.aspx"}}},

		{"access-denied", "the account may not use the service", Misbehaviour{Fail: "ErrorAccessDenied"}},
		{"impersonation-denied", "the account may not act for others", Misbehaviour{Fail: "ErrorImpersonateUserDenied"}},
		{"not-um-enabled", "the mailbox has no Unified Messaging", Misbehaviour{Fail: "ErrorUserNotUnifiedMessagingEnabled"}},
		{"no-dial-plan", "Unified Messaging has no dial plan", Misbehaviour{Fail: "ErrorUnifiedMessagingDialPlanNotFound"}},
		{"no-um-server", "Exchange finds no Unified Messaging server", Misbehaviour{Fail: "ErrorUnifiedMessagingServerNotFound"}},
		{"no-mailbox", "the account has no mailbox", Misbehaviour{Fail: "ErrorNonExistentMailbox"}},
		{"unknown-fault", "an exception that nobody has published", Misbehaviour{Fail: "SomethingElseException"}},

		{"hang", "never an answer", Misbehaviour{Wait: untilGone}},
		{"stall", "the answer stops in its middle", Misbehaviour{Midway: untilGone}},
		{"slow", "each answer takes three seconds", Misbehaviour{Wait: Delay(3 * time.Second)}},
		{"drop", "the connection is closed without an answer", Misbehaviour{Drop: true}},
		{"reset", "the connection is reset without an answer", Misbehaviour{Drop: true, Reset: true}},
		{"truncated", "the end of the answer is missing", Misbehaviour{Cut: 40}},
		{"doctype", "the answer has a document type declaration", Misbehaviour{Rewrite: doctype}},
		{"charset", "the answer is in a charset that nobody reads", Misbehaviour{Header: map[string]string{"Content-Type": "text/xml; charset=ebcdic-cp-us"}}},
		{"other-service", "another SOAP service answers", Misbehaviour{Rewrite: otherService}},

		{"utf-16", "odd: UTF-16", Misbehaviour{Rewrite: UTF16}},
		{"latin-1", "odd: ISO-8859-1", Misbehaviour{Rewrite: Latin1, Header: map[string]string{"Content-Type": "text/xml; charset=iso-8859-1"}}},
		{"gzip", "odd: compressed though nobody asked", Misbehaviour{Rewrite: Gzip, Header: map[string]string{"Content-Encoding": "gzip"}}},
		{"bom", "odd: a byte order mark", Misbehaviour{Rewrite: BOM}},
		{"one-wrapper", "odd: one wrapper around a result in place of two", Misbehaviour{Rewrite: OneWrapper("IsUMEnabled")}},
		{"chunked", "odd: no Content-Length", Misbehaviour{Chunked: true}},
		{"close", "odd: a connection for each request", Misbehaviour{Close: true}},
		{"hangup", "odd: connections end without a word", Misbehaviour{Hangup: true}},
	}
}

// BreakageNamed finds a breakage.
func BreakageNamed(name string) (Breakage, bool) {
	for _, b := range Breakages() {
		if b.Name == name {
			return b, true
		}
	}
	return Breakage{}, false
}

// untilGone is a Wait that takes until the client goes away.
func untilGone(r *http.Request) { <-r.Context().Done() }

// doctype puts a document type declaration before the root element.
func doctype(body []byte) []byte {
	return []byte(strings.Replace(string(body), "?>", "?><!DOCTYPE Envelope [<!ENTITY a \"b\">]>", 1))
}

// otherService is the reply of a SOAP service that is none of Exchange's.
func otherService([]byte) []byte {
	return []byte(prolog + envelopeOpen + `<PingResponse xmlns="urn:example:other"/>` + envelopeClose)
}
