package exchange

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/soapbridge"
)

// Retries says which faults of Exchange are worth a repetition. The bridge repeats nothing that rings a telephone unless it
// was certainly not executed.
func Retries() soapbridge.Retries {
	return soapbridge.Retries{
		Faults: map[string]soapbridge.FaultRetry{
			"ErrorServerBusy":                       soapbridge.FaultThrottled,
			"ErrorUnifiedMessagingServerNotFound":   soapbridge.FaultUnavailable,
			"ErrorUnifiedMessagingRequestFailed":    soapbridge.FaultOnce,
			"InvalidCallIdException":                soapbridge.FaultFinal,
			"InvalidObjectIdException":              soapbridge.FaultFinal,
			"DialingRulesException":                 soapbridge.FaultFinal,
			"ErrorInvalidPhoneCallId":               soapbridge.FaultFinal,
			"ErrorInvalidId":                        soapbridge.FaultFinal,
			"ErrorInvalidIdMalformed":               soapbridge.FaultFinal,
			"ErrorItemNotFound":                     soapbridge.FaultFinal,
			"ErrorInvalidPhoneNumber":               soapbridge.FaultFinal,
			"ErrorInvalidSIPUri":                    soapbridge.FaultFinal,
			"ErrorPhoneNumberNotDialable":           soapbridge.FaultFinal,
			"ErrorUserNotUnifiedMessagingEnabled":   soapbridge.FaultFinal,
			"ErrorIPGatewayNotFound":                soapbridge.FaultFinal,
			"ErrorUnifiedMessagingDialPlanNotFound": soapbridge.FaultFinal,
			"ErrorInvalidRequest":                   soapbridge.FaultFinal,
			"ErrorSchemaValidation":                 soapbridge.FaultFinal,
			"ErrorAccessDenied":                     soapbridge.FaultFinal,
			"ErrorImpersonateUserDenied":            soapbridge.FaultFinal,
			"ErrorImpersonationDenied":              soapbridge.FaultFinal,
		},
		AbsentMeansDone: map[protoreflect.FullName][]string{
			"um.v1.CallService.Disconnect": {"InvalidCallIdException", "ErrorInvalidPhoneCallId"},
		},
	}
}
