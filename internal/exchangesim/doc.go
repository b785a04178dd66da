// Package exchangesim is a simulated Exchange Unified Messaging server: what `umgateway demo` and `umgateway simulate`
// run, and what tests call.
//
// It behaves as ASP.NET and Exchange were seen to behave, including where that is awkward: the SOAPAction alone chooses
// the operation, arguments in the wrong namespace are silently null, a fault comes with HTTP 500 and a stack trace. It
// reads and writes its XML by itself and shares no code with the bridge, so that one mistake cannot cancel out on both
// sides.
//
// Calls pass through Connecting, Alerted, Connected and Disconnected as the clock goes on; there are no timers. It accepts
// every entry id and every dial string, except those below. The telephone numbers are reserved for fiction.
//
//	dial string    what happens
//	4255550101     busy: Disconnected, UserBusy, when Connecting ends
//	4255550102     nobody answers: Disconnected, NoAnswer, when Alerted ends
//	4255550103     Unavailable: Disconnected, Unavailable, when Connecting ends
//	4255550104     DialingRulesException: the dialing rules forbid it
//
//	entry id       what happens
//	bm90LWFuLWlk   InvalidObjectIdException (it is "not-an-id" in base64, shortened)
//	               an empty entry id is treated the same
//
// The call id in the published documentation of Disconnect is known from the start as a live call, so that the published
// request works word for word.
package exchangesim

// The dial strings and the entry id that do not lead to an ordinary call.
const (
	BusyNumber        = "4255550101"
	NoAnswerNumber    = "4255550102"
	UnavailableNumber = "4255550103"
	ForbiddenNumber   = "4255550104"
	BadEntryID        = "bm90LWFuLWlk"
)

// DocumentedCallID is the call id in the published example of the Disconnect operation.
const DocumentedCallID = "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="

// ServicePath is where Exchange 2007 has the service. The simulator answers on every path.
const ServicePath = "/UnifiedMessaging/Service.asmx"
