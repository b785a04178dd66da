package doctor

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/umgateway/umgateway/soapbridge"
)

const checkPath = "check the path: /UnifiedMessaging/Service.asmx, /EWS/UM2007Legacy.asmx or, for ews, /EWS/Exchange.asmx"

// advice is what to do about a kind of failure.
var advice = map[soapbridge.Kind]string{
	soapbridge.KindNotDispatched: "the server is no Unified Messaging web service: check the path, and --backend-dialect",
	soapbridge.KindReplyRefused:  "something between here and Exchange changes replies, or the address is that of another service",
	soapbridge.KindNotSOAP:       "a proxy, a load balancer or a login page answers instead of Exchange, or cuts its reply short: ask where the address leads",
	soapbridge.KindEmpty:         "the server answers nothing: look into its event log",
	soapbridge.KindRedirect:      "give the address of the service itself: the gateway follows no redirect",
	soapbridge.KindUnavailable:   "the server, or what stands before it, is down: look there",
	soapbridge.KindThrottled:     "the server wants fewer calls: wait, or raise the account's throttling policy",
	soapbridge.KindUnauthorized: "check the user name and the password file. If they are right, the server may insist on Extended Protection while " +
		"something ends TLS on the way, or on another scheme (--backend-auth)",
	soapbridge.KindHeldOff:   "the account was rejected a moment ago: mend the password first",
	soapbridge.KindForbidden: "the account may not use the service: look at its permissions, and at IP restrictions of the web server",
	soapbridge.KindProxyAuth: "a proxy on the way asks for a credential, which the gateway never shows: go around it",
	soapbridge.KindDeadline:  "the server took too long: look at its load",
}

// explain says what an error of the operation means.
func explain(err error) (verdict Verdict, detail, fix string) {
	var failure *soapbridge.Error
	if !errors.As(err, &failure) {
		return Fail, err.Error(), ""
	}
	detail = failure.Kind.String()
	if failure.HTTPStatus != 0 {
		detail += fmt.Sprintf(" (status %d)", failure.HTTPStatus)
	}
	if failure.Fault != nil {
		detail += ": " + failure.Fault.Error()
	} else if failure.Err != nil {
		detail += ": " + failure.Err.Error()
	}
	switch {
	case failure.Kind == soapbridge.KindFault:
		return Fail, detail, adviceOn(failure.Fault)
	case failure.HTTPStatus == http.StatusNotFound:
		return Fail, detail, checkPath
	}
	return Fail, detail, advice[failure.Kind]
}
