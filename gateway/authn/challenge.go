package authn

import (
	"fmt"
	"strings"
)

// Challenges returns the values of WWW-Authenticate for a 401 reply with the reason: one for each kind of credential that
// is accepted, since a 401 must hold one (RFC 9110 section 15.5.2). A token that was refused gets RFC 6750's error code.
// Client certificates have no registered scheme and get the name "ClientCertificate". It is empty for a reason that is
// not of this package, for instance when the backend refused the caller's password: see CredentialChallenges.
func (a *Authenticator) Challenges(reason Reason) []string {
	text, known := texts[reason]
	if !known || reason == IssuerUnavailable {
		return nil
	}
	values := a.CredentialChallenges()
	if a.tokens != nil && strings.HasPrefix(string(reason), "TOKEN_") {
		values[0] += fmt.Sprintf(`, error="invalid_token", error_description="%s"`, text)
	}
	return values
}

// CredentialChallenges returns the values of WWW-Authenticate that name each kind of credential that is accepted.
func (a *Authenticator) CredentialChallenges() []string {
	var values []string
	if a.tokens != nil {
		values = append(values, fmt.Sprintf(`Bearer realm="%s"`, a.realm))
	}
	if a.basic {
		// RFC 7617 section 2.1.
		values = append(values, fmt.Sprintf(`Basic realm="%s", charset="UTF-8"`, a.realm))
	}
	if a.certificates != nil {
		values = append(values, fmt.Sprintf(`ClientCertificate realm="%s"`, a.realm))
	}
	return values
}
