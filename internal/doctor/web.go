package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport/challenge"
)

const (
	maxPageBytes = 64 << 10
	skewAllowed  = 2 * time.Minute // Kerberos gives up at five
)

// web asks the web server, without a credential, what it is and how it wants callers to sign in.
func (x *examination) web(ctx context.Context) bool {
	reply, err := x.get(ctx)
	if err != nil {
		x.find("http", Fail, err.Error(), "check that a web server answers at this address")
		return false
	}
	defer reply.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(reply.Body, maxPageBytes))
	x.clock(reply)
	detail := fmt.Sprintf("status %d", reply.StatusCode)
	if server := reply.Header.Get("Server"); server != "" {
		detail += " from " + server
	}
	switch {
	case reply.StatusCode >= 300 && reply.StatusCode < 400:
		x.find("http", Fail, detail+", redirected to "+reply.Header.Get("Location"),
			"give the address of the service itself: the gateway follows no redirect, and a login page is no service")
		return false
	case reply.StatusCode == http.StatusNotFound:
		x.find("http", Fail, detail, "check the path: /UnifiedMessaging/Service.asmx, /EWS/UM2007Legacy.asmx or, for ews, /EWS/Exchange.asmx")
		return false
	case reply.StatusCode == http.StatusProxyAuthRequired:
		x.find("http", Fail, detail, "a proxy on the way asks for a credential, which the gateway never shows: go around it")
		return false
	}
	x.find("http", Good, detail, "")
	x.schemes(reply)
	return true
}

func (x *examination) get(ctx context.Context) (*http.Response, error) {
	config, err := x.tlsConfig()
	if err != nil {
		return nil, err
	}
	client := http.Client{
		Transport:     &http.Transport{TLSClientConfig: config, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, x.address.String(), nil)
	if err != nil {
		return nil, err
	}
	return client.Do(request)
}

// clock compares the server's clock with this one.
func (x *examination) clock(reply *http.Response) {
	there, err := http.ParseTime(reply.Header.Get("Date"))
	if err != nil {
		return
	}
	skew := time.Since(there).Abs().Round(time.Second)
	if skew > skewAllowed {
		x.find("clock", Warn, fmt.Sprintf("the clocks differ by %v", skew), "set the clocks: Kerberos refuses tickets beyond five minutes, and certificates seem expired")
		return
	}
	x.find("clock", Good, fmt.Sprintf("the clocks differ by %v", skew), "")
}

// schemes compares how the server wants callers to sign in with how the gateway is told to.
func (x *examination) schemes(reply *http.Response) {
	var offered []string
	challenges, err := challenge.Parse(reply.Header.Values("WWW-Authenticate"))
	for _, c := range challenges {
		offered = append(offered, c.Scheme)
	}
	if err != nil {
		x.find("authentication", Note, "the server's offer is not well formed: "+err.Error(), "")
	}
	wanted := x.settings.Auth
	signsIn := wanted != "" && wanted != "none"
	text := strings.Join(offered, ", ")
	switch {
	case len(offered) == 0 && signsIn:
		x.find("authentication", Note, "the server asks nobody to sign in before it sees a call", "")
	case len(offered) == 0:
		x.find("authentication", Good, "the server asks nobody to sign in", "")
	case !signsIn:
		x.find("authentication", Fail, "the server offers "+text+", and the gateway is told to sign in by none of them",
			"give --backend-auth, --backend-username and --backend-password-file")
	default:
		x.find("authentication", Good, "the server offers "+text+"; the gateway is told "+wanted, "")
	}
}
