package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/umgateway/umgateway/soapbridge"
)

// The namespaces of Exchange Web Services. Unlike the documentation of the older service, that of this one, and the servers,
// write them with http only.
const namespaceTypes = "http://schemas.microsoft.com/exchange/services/2006/types"

// ServerVersions lists what RequestServerVersion may say (MS-OXWSCDATA section 2.2.5.19), from the first version that has the
// telephone operations.
var ServerVersions = []string{
	"Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016",
}

// DefaultServerVersion is the least that has the telephone operations, and so the one that most servers understand.
const DefaultServerVersion = "Exchange2010"

// DialectEWS describes Exchange Web Services as the given version, which is empty for DefaultServerVersion.
func DialectEWS(version string) (soapbridge.Dialect, error) {
	if version == "" {
		version = DefaultServerVersion
	}
	if !slices.Contains(ServerVersions, version) {
		return soapbridge.Dialect{}, fmt.Errorf("exchange: the server version is %q, want one of %s", version, strings.Join(ServerVersions, ", "))
	}
	return soapbridge.Dialect{
		Name:   EWS,
		Forms:  []soapbridge.Form{{Name: "http", Namespaces: map[string]string{"m": NamespaceHTTP, "t": namespaceTypes}}},
		Header: []soapbridge.HeaderElement{{Name: "t:RequestServerVersion", Attribute: "Version", Value: version}},
		Status: &soapbridge.ResponseStatus{Attribute: "ResponseClass", Failure: "Error", Text: "MessageText"},
	}, nil
}

// Impersonation is the header that has a server act for a mailbox other than the account's: that of a user principal name or
// of an SMTP address (MS-OXWSCDATA section 2.2.4.6).
func Impersonation(user string, byPrincipalName bool) soapbridge.HeaderElement {
	name := "t:PrimarySmtpAddress"
	if byPrincipalName {
		name = "t:PrincipalName"
	}
	return soapbridge.HeaderElement{
		Name:     "t:ExchangeImpersonation",
		Children: []soapbridge.HeaderElement{{Name: "t:ConnectingSID", Children: []soapbridge.HeaderElement{{Name: name, Value: user}}}},
	}
}
