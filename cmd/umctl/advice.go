package main

import (
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	tellOperator  = "The operator of the gateway must act: tell the log id."
	checkRequest  = "Correct the command and try again."
	checkCalled   = "Check that the address is that of a gateway, and that the gateway is as new as this program."
	checkIdentity = "Check --user and its password, or the token: UMCTL_PASSWORD, UMCTL_TOKEN and the files that are named by flags."
	freshToken    = "Get a new token for this gateway, and give it by --token-file or UMCTL_TOKEN."
	checkCert     = "Give a valid client certificate of an authority that the gateway trusts, by --cert-file and --key-file."
	dialPlan      = "Try the number in the form that the dial plan expects, or ask the administrator of Exchange what the mailbox may dial."
	tryLater      = "Nothing was done. Try again later."
	exchangeAdmin = "The administrator of Exchange must act."
)

// reasonAdvice is what to do next, by the reason of the gateway.
var reasonAdvice = map[string]string{
	"REQUEST_INVALID":           checkRequest,
	"BODY_TOO_LARGE":            checkRequest,
	"PROTOCOL_UNSUPPORTED":      checkCalled,
	"ITEM_ID_INVALID":           "Take the id as Exchange hands it out, whole and unchanged: --entry-id for a MAPI entry id, --item-id for one of Exchange Web Services.",
	"ITEM_NOT_FOUND":            "The message was moved or deleted: look its id up again.",
	"DIAL_STRING_INVALID":       dialPlan,
	"DIALING_RULES_FORBID":      dialPlan,
	"DIAL_FORBIDDEN":            "The gateway does not let you dial this number. " + tellOperator,
	"CALL_FORBIDDEN":            "The gateway does not let you do this. " + tellOperator,
	"CALL_NOT_FOUND":            "Take the id that play or greet printed, whole. Exchange forgets a call some time after its end.",
	"REQUEST_ID_REUSED":         "Repeat exactly the command that the --request-id belongs to, or leave --request-id out.",
	"OUTCOME_UNKNOWN":           "Do not repeat it: it may have been done. Look at the telephone, or in the mailbox, first.",
	"LEASE_NOT_FOUND":           "The call has no lease, or has ended: look with umctl get.",
	"LEASE_UNSUPPORTED":         "Leave --lease-unattended and --lease-max out; use --wait and --hang-up-after instead.",
	"LEASE_UNAVAILABLE":         "Look with umctl get whether the call goes on. " + tellOperator,
	"LEDGER_UNAVAILABLE":        tryLater,
	"AUDIT_UNAVAILABLE":         tryLater,
	"RATE_LIMITED":              tryLater,
	"IDENTITY_NOT_MAPPED":       "The gateway knows no mailbox for you. " + tellOperator,
	"BACKEND_NOT_ROUTED":        "The gateway has no Exchange server for you, or not with this --header. " + tellOperator,
	"BACKEND_AMBIGUOUS":         checkRequest,
	"HOST_FORBIDDEN":            "Call a gateway on this machine as localhost or 127.0.0.1.",
	"USER_NOT_UM_ENABLED":       "The mailbox has no Unified Messaging. " + exchangeAdmin,
	"UM_NOT_CONFIGURED":         exchangeAdmin,
	"MAILBOX_NOT_FOUND":         "Check for whom the command is. " + tellOperator,
	"OPERATION_UNSUPPORTED":     "The Exchange server behind the gateway does not have this operation.",
	"OVERLOADED":                tryLater,
	"DRAINING":                  "The gateway is stopping. Try again.",
	"BACKEND_THROTTLED":         tryLater,
	"BACKEND_UNAVAILABLE":       "Exchange does not answer. Try again later. If that does not help: " + tellOperator,
	"DEADLINE":                  "Exchange was slow: allow more by --timeout. A telephone may be ringing: look before you call again.",
	"CREDENTIALS_REJECTED":      checkIdentity + " Exchange rejected them; more attempts may lock the account.",
	"CREDENTIALS_MISSING":       "Give a credential: --user with --password-file or UMCTL_PASSWORD; or --token-file or UMCTL_TOKEN; or --cert-file with --key-file.",
	"CREDENTIALS_MALFORMED":     checkIdentity,
	"CERTIFICATE_EXPIRED":       checkCert,
	"CERTIFICATE_UNTRUSTED":     checkCert,
	"CERTIFICATE_NAMELESS":      checkCert,
	"TOKEN_MALFORMED":           freshToken,
	"TOKEN_ALGORITHM_REFUSED":   freshToken,
	"TOKEN_TYPE_REFUSED":        freshToken,
	"TOKEN_ISSUER_UNKNOWN":      freshToken,
	"TOKEN_KEY_UNKNOWN":         freshToken,
	"TOKEN_SIGNATURE_INVALID":   freshToken,
	"TOKEN_EXPIRED":             freshToken,
	"TOKEN_NOT_YET_VALID":       "Check the clock of whoever made the token. " + freshToken,
	"TOKEN_AUDIENCE_WRONG":      freshToken,
	"TOKEN_CLAIM_INVALID":       "Have the issuer put the claim into its tokens, and get a new one. " + tellOperator,
	"ISSUER_UNAVAILABLE":        "The gateway cannot check tokens now. Try again later.",
	"BACKEND_FORBIDDEN":         "The account may not do this at Exchange. " + exchangeAdmin,
	"IMPERSONATION_DENIED":      "The gateway's account may not act for this user. " + exchangeAdmin,
	"ROUTE_NOT_FOUND":           checkCalled,
	"METHOD_NOT_ALLOWED":        checkCalled,
	"BACKEND_AUTH_FAILED":       tellOperator,
	"BACKEND_CONTRACT_MISMATCH": tellOperator,
	"BACKEND_PROXY_AUTH":        tellOperator,

	"CREDENTIALS_SCHEME_UNSUPPORTED": "The gateway does not take this kind of credential: use another of --user, --token-file and --cert-file.",
}

// codeAdvice is what to do next if the reason does not say.
var codeAdvice = map[codes.Code]string{
	codes.InvalidArgument:  checkRequest,
	codes.Unauthenticated:  checkIdentity,
	codes.PermissionDenied: tellOperator,
	codes.Unimplemented:    checkCalled,
	codes.DeadlineExceeded: "Try again, with a longer --timeout.",
	codes.Canceled:         "",
}

// advise says what to do next, in a sentence or two, and if it is safe, how to repeat the command.
func (env *environment) advise(s *status.Status, err error) []string {
	if env.ctx.Err() == nil && reasonOf(s) == "" && s.Code() == codes.Unavailable {
		return append([]string{env.flags.unreachable()}, again(err)...)
	}
	advice, known := reasonAdvice[reasonOf(s)]
	if !known {
		advice, known = codeAdvice[s.Code()]
	}
	if !known && reasonOf(s) == "" {
		advice = checkCalled
	} else if !known {
		advice = tellOperator
	}
	if advice == "" {
		return again(err)
	}
	return append([]string{advice}, again(err)...)
}

// unreachable says what to check when nobody answers.
func (f *connectionFlags) unreachable() string {
	if f.REST != "" {
		return "Check that a gateway serves REST at " + f.REST + " (--rest). To try it without Exchange: umgateway demo"
	}
	return "Check that a gateway serves gRPC at " + f.Addr + " (--addr), with TLS or without (--tls, --ca-file). To try it without Exchange: umgateway demo"
}

// again says how to repeat a command whose outcome is open.
func again(err error) []string {
	var open repeatable
	if !errors.As(err, &open) {
		return nil
	}
	return []string{"It may have been done all the same. The same command with --request-id " + shellWord(open.requestID) +
		" asks again, and does not do it twice."}
}
