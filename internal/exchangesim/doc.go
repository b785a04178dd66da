// Package exchangesim is a simulated Exchange Unified Messaging server: what `umgateway demo` and `umgateway simulate`
// run, and what tests call.
//
// It speaks both dialects: the UM web service ("umws") on every path, and Exchange Web Services ("ews") on EWSPath. It
// behaves as ASP.NET and Exchange were seen to behave, including where that is awkward: the SOAPAction alone chooses the
// umws operation, arguments in the wrong namespace are silently null, a fault comes with HTTP 500 and a stack trace, an
// error of ews with HTTP 200. It reads and writes its XML by itself and shares no code with the bridge, so that one
// mistake cannot cancel out on both sides. It dials no telephone, keeps everything in memory, within limits, and writes
// no log: only Config.Log hears of an exchange.
//
// Calls pass through Connecting, Alerted, Connected and Disconnected as the clock goes on; there are no timers. It accepts
// every id of a message and every dial string, except those below. The telephone numbers are reserved for fiction.
//
//	dial string    what happens
//	4255550101     busy: Disconnected, UserBusy, when Connecting ends
//	4255550102     nobody answers: Disconnected, NoAnswer, when Alerted ends
//	4255550103     Unavailable: Disconnected, Unavailable, when Connecting ends
//	4255550104     the dialing rules forbid it: DialingRulesException (ews: ErrorPhoneNumberNotDialable)
//	4255550105     not a telephone number: DialingRulesException (ews: ErrorInvalidPhoneNumber)
//	               an empty dial string is treated the same
//
//	entryId, Id    what happens
//	bm90LWFuLWlk   not an id: InvalidObjectIdException (ews: ErrorInvalidIdMalformed)
//	bWlzc2luZw==   no such message: InvalidObjectIdException (ews: ErrorItemNotFound)
//	               an empty id: InvalidObjectIdException (ews: ErrorInvalidIdEmpty)
//
//	impersonated        what happens (ews)
//	denied@example.com  ErrorImpersonateUserDenied
//	nobody@example.com  ErrorNonExistentMailbox
//
// The call id in the published documentation of Disconnect is known from the start as a live call, so that the published
// request works word for word.
package exchangesim

// The dial strings and the ids of messages that do not lead to an ordinary call.
const (
	BusyNumber        = "4255550101"
	NoAnswerNumber    = "4255550102"
	UnavailableNumber = "4255550103"
	ForbiddenNumber   = "4255550104"
	InvalidNumber     = "4255550105"
	BadEntryID        = "bm90LWFuLWlk" // for both dialects: "not-an-id" in base64
	MissingID         = "bWlzc2luZw==" // for both dialects: "missing" in base64
)

// The addresses that nobody can act for through the ExchangeImpersonation header of ews.
const (
	DeniedAddress = "denied@example.com"
	NobodyAddress = "nobody@example.com"
)

// DocumentedCallID is the call id in the published example of the Disconnect operation.
const DocumentedCallID = "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="

// The names of the dialects.
const (
	UMWS = "umws" // the UM web service of Exchange 2007 and 2010
	EWS  = "ews"  // Exchange Web Services, Exchange 2010 and later
)

const (
	// ServicePath is where Exchange 2007 has the UM web service. The simulator answers in that dialect on every path but
	// EWSPath.
	ServicePath = "/UnifiedMessaging/Service.asmx"
	// EWSPath is where Exchange has Exchange Web Services. As with IIS, upper and lower case are the same.
	EWSPath = "/EWS/Exchange.asmx"
)
