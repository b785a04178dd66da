package exchangesim

import (
	_ "embed" // the descriptions are files
	"io"
	"net/http"
	"net/url"
	"strings"
)

// The descriptions, in the http scheme.
var (
	//go:embed wsdl/umws.wsdl
	umwsWSDL string
	//go:embed wsdl/ews.wsdl
	ewsWSDL string
)

// serveWSDL describes the service of the path. A server that knows both schemes describes the http one.
func (s *Server) serveWSDL(w http.ResponseWriter, r *http.Request) {
	address := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath}
	if r.TLS != nil {
		address.Scheme = "https"
	}
	description := umwsWSDL
	if isEWS(r) {
		description = ewsWSDL
	}
	base := strings.TrimSuffix(s.namespaces[len(s.namespaces)-1], "messages")
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = io.WriteString(w, strings.NewReplacer(
		strings.TrimSuffix(namespaceHTTP, "messages"), base,
		"http://localhost/", escapeAttribute(address.String()),
	).Replace(description))
}
