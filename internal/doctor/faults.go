package doctor

import "github.com/umgateway/umgateway/soapbridge"

const (
	enableMailbox = "sign in as an account whose mailbox is enabled for Unified Messaging, or enable it: Enable-UMMailbox"
	setUp         = "Unified Messaging is not fully set up: look at its dial plans and IP gateways (Get-UMDialPlan, Get-UMIPGateway)"
	impersonate   = "give the account the role ApplicationImpersonation for the mailbox: New-ManagementRoleAssignment"
	version       = "set --backend-server-version to a version that the server knows"
)

// faultAdvice is what to do about what Exchange says, by the name that it gives.
var faultAdvice = map[string]string{
	"ErrorAccessDenied":                     "the account may not use the service: look at its permissions",
	"ErrorImpersonateUserDenied":            impersonate,
	"ErrorImpersonationDenied":              impersonate,
	"ErrorUserNotUnifiedMessagingEnabled":   enableMailbox,
	"UserNotUmEnabledException":             enableMailbox,
	"ErrorUnifiedMessagingDialPlanNotFound": setUp,
	"ErrorIPGatewayNotFound":                setUp,
	"ErrorUnifiedMessagingServerNotFound":   "Exchange finds no Unified Messaging server: see whether its service runs",
	"ErrorNonExistentMailbox":               "the account has no mailbox there: sign in as one that has, or correct the file of identities",
	"ErrorServerBusy":                       advice[soapbridge.KindThrottled],
	"ErrorSchemaValidation":                 advice[soapbridge.KindNotDispatched],
	"ErrorInvalidRequest":                   advice[soapbridge.KindNotDispatched],
	"ErrorInvalidServerVersion":             version,
	"ErrorIncorrectSchemaVersion":           version,
}

// adviceOn is what to do about a fault.
func adviceOn(fault *soapbridge.Fault) string {
	for _, name := range fault.Names() {
		if fix, known := faultAdvice[name]; known {
			return fix
		}
	}
	return "the server answers, and refuses: the fault says why; its event log may say more"
}
