package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
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
	detail := fmt.Sprintf("status %d", reply.StatusCode) + software(reply.Header)
	switch {
	case reply.StatusCode >= 300 && reply.StatusCode < 400:
		x.find("http", Fail, detail+", redirected to "+reply.Header.Get("Location"),
			"give the address of the service itself: the gateway follows no redirect, and a login page is no service")
		return false
	case reply.StatusCode == http.StatusNotFound:
		x.find("http", Fail, detail, checkPath)
		return false
	case reply.StatusCode == http.StatusProxyAuthRequired:
		x.find("http", Fail, detail, "a proxy on the way asks for a credential, which the gateway never shows: go around it")
		return false
	}
	x.find("http", Good, detail, "")
	x.proxy(reply)
	return x.schemes(reply)
}

// versions are the headers by which a server says what it is.
var versions = []struct{ header, of string }{{"Server", ""}, {"X-OWA-Version", "Exchange "}, {"X-AspNet-Version", "ASP.NET "}}

// software is what a server says of itself, behind a status.
func software(header http.Header) string {
	var parts []string
	for _, v := range versions {
		if value := header.Get(v.header); value != "" {
			parts = append(parts, v.of+value)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " from " + strings.Join(parts, ", ")
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
