package doctor

import (
	"net/http"
	"slices"
	"strings"

	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
	"github.com/umgateway/umgateway/soapbridge/transport/challenge"
)

// offeredAs is the name that a scheme goes by in a server's offer.
var offeredAs = map[transport.Scheme]string{
	transport.SchemeBasic: "basic", transport.SchemeNTLM: "ntlm",
	transport.SchemeNegotiateNTLM: "negotiate", transport.SchemeKerberos: "negotiate",
}

func (x *examination) signsIn() bool { return x.settings.Auth != "" && x.settings.Auth != "none" }

// schemes compares how the server wants callers to sign in with how the gateway is told to.
func (x *examination) schemes(reply *http.Response) bool {
	var offered []string
	challenges, err := challenge.Parse(reply.Header.Values("WWW-Authenticate"))
	for _, c := range challenges {
		offered = append(offered, strings.ToLower(c.Scheme))
	}
	if err != nil {
		x.find("authentication", Note, "the server's offer is not well formed: "+err.Error(), "")
	}
	text := strings.Join(slices.Compact(offered), ", ")
	switch {
	case len(offered) == 0 && x.signsIn():
		x.find("authentication", Note, "the server asks nobody to sign in before it sees a call", "if calls fail, try --backend-auth none")
	case len(offered) == 0:
		x.find("authentication", Good, "the server asks nobody to sign in before it sees a call", "")
	case !x.signsIn():
		x.find("authentication", Fail, "the server offers "+text+", and the gateway is told to sign in by none of them",
			"give --backend-auth, --backend-username and --backend-password-file")
	case !x.mayUse(offered):
		x.find("authentication", Fail, "the server offers "+text+", and the gateway is told "+x.settings.Auth,
			"give a --backend-auth that the server offers; nothing was shown to it")
		return false
	default:
		x.find("authentication", Good, "the server offers "+text+"; the gateway is told "+x.settings.Auth, "")
	}
	return true
}

// mayUse tells whether one of the schemes that the gateway is told is offered.
func (x *examination) mayUse(offered []string) bool {
	wanted, err := transport.ParseAuth(x.settings.Auth)
	if err != nil {
		return true // opening the backend says what is wrong
	}
	return slices.ContainsFunc(wanted, func(s transport.Scheme) bool { return slices.Contains(offered, offeredAs[s]) })
}

// rejected says what a rejected credential may mean besides a wrong password. The server does not tell, and to try again would
// be a second attempt.
func (x *examination) rejected(failure *soapbridge.Error) {
	if failure.Kind != soapbridge.KindUnauthorized || x.address.Scheme != "https" || !x.signsIn() || x.settings.Auth == "basic" {
		return
	}
	if x.settings.NoChannelBindings {
		x.find("extended-protection", Note, "the sign-in was not bound to the TLS channel; a server that requires Extended Protection rejects that",
			"leave out --backend-no-channel-bindings")
		return
	}
	x.find("extended-protection", Note, "the sign-in was bound to the TLS channel; if a load balancer ends TLS, Extended Protection rejects that",
		"ask whether something before Exchange ends TLS; if so, --backend-no-channel-bindings leaves the binding out")
}
