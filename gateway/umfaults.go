package gateway

import (
	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/soapbridge"
)

// faultMeaning is what a named fault means to callers.
type faultMeaning struct {
	code    codes.Code
	reason  string
	message string
	field   string // the request field that is at fault; empty if none is
}

// faultMeanings is the table of the faults that Exchange is known to raise: the exceptions of its Unified Messaging service
// (MS-OXWUMS section 3.1.4) and the response codes of Exchange Web Services.
var faultMeanings = map[string]faultMeaning{
	"InvalidCallIdException":                callNotFound,
	"ErrorInvalidPhoneCallId":               callNotFound,
	"InvalidObjectIdException":              itemIDInvalid,
	"ErrorInvalidId":                        itemIDInvalid,
	"ErrorInvalidIdMalformed":               itemIDInvalid,
	"ErrorInvalidIdEmpty":                   itemIDInvalid,
	"ErrorItemNotFound":                     {codes.NotFound, "ITEM_NOT_FOUND", "the mailbox has no such item", ""},
	"ErrorInvalidPhoneNumber":               dialStringInvalid,
	"ErrorInvalidSIPUri":                    dialStringInvalid,
	"DialingRulesException":                 dialingRulesForbid,
	"ErrorPhoneNumberNotDialable":           dialingRulesForbid,
	"ErrorUserNotUnifiedMessagingEnabled":   notUMEnabled,
	"UserNotUmEnabledException":             notUMEnabled,
	"ErrorIPGatewayNotFound":                umNotConfigured,
	"ErrorUnifiedMessagingDialPlanNotFound": umNotConfigured,
	"ErrorUnifiedMessagingServerNotFound":   {codes.Unavailable, reasonUnavailable, "Exchange finds no Unified Messaging server", ""},
	"ErrorServerBusy":                       {codes.ResourceExhausted, reasonThrottled, "the backend is busy and did not execute the call", ""},
	"ErrorInvalidRequest":                   contractMismatch,
	"ErrorIncorrectSchemaVersion":           contractMismatch,
	"ErrorInvalidServerVersion":             contractMismatch,
	"ErrorNonExistentMailbox":               {codes.NotFound, "MAILBOX_NOT_FOUND", "the backend knows no such mailbox", ""},
	"ErrorSchemaValidation":                 contractMismatch,
	"ErrorUnifiedMessagingRequestFailed":    {codes.Internal, reasonFault, "the Unified Messaging server failed", ""},
	"ErrorAccessDenied":                     {codes.PermissionDenied, reasonForbidden, "the backend denies access", ""},
	"ErrorImpersonateUserDenied":            impersonationDenied,
	"ErrorImpersonationDenied":              impersonationDenied,
}

var (
	callNotFound        = faultMeaning{codes.NotFound, "CALL_NOT_FOUND", "the backend knows no call with this id", ""}
	itemIDInvalid       = faultMeaning{codes.InvalidArgument, "ITEM_ID_INVALID", "the backend cannot read the item's id", "entry_id"}
	dialStringInvalid   = faultMeaning{codes.InvalidArgument, "DIAL_STRING_INVALID", "the backend cannot read the dial string", "dial_string"}
	dialingRulesForbid  = faultMeaning{codes.FailedPrecondition, "DIALING_RULES_FORBID", "the dialing rules of the mailbox forbid this number", ""}
	notUMEnabled        = faultMeaning{codes.FailedPrecondition, "USER_NOT_UM_ENABLED", "the mailbox is not enabled for Unified Messaging", ""}
	umNotConfigured     = faultMeaning{codes.FailedPrecondition, "UM_NOT_CONFIGURED", "Unified Messaging is not fully configured at the backend", ""}
	impersonationDenied = faultMeaning{codes.PermissionDenied, "IMPERSONATION_DENIED", "the gateway's account may not act for this user", ""}
	contractMismatch    = faultMeaning{codes.Internal, reasonContractMismatch, "the backend does not accept what the gateway writes", ""}
	unknownFault        = faultMeaning{codes.Unknown, reasonFault, "the backend failed with a fault that the gateway does not know", ""}
)

// meaningOf looks a fault up by its names, the most specific first. A fault that blames the sender and names nothing else
// blames the gateway, which wrote the request.
func meaningOf(fault *soapbridge.Fault) faultMeaning {
	for _, name := range fault.Names() {
		if meaning, known := faultMeanings[name]; known {
			return meaning
		}
	}
	blamesSender := fault.OutermostCode() == "Client" || fault.OutermostCode() == "Sender"
	if blamesSender && fault.ExceptionType == "" && fault.ResponseCode == "" {
		return contractMismatch
	}
	return unknownFault
}

func isKnownFault(name string) bool {
	_, known := faultMeanings[name]
	return known
}
