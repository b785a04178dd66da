package gateway_test

import (
	"net/http"
	"testing"

	"github.com/umgateway/umgateway/gateway"
)

// TestHEADIsAnsweredAsGETWithoutTheContent checks RFC 9110 section 9.3.2.
func TestHEADIsAnsweredAsGETWithoutTheContent(t *testing.T) {
	t.Parallel()
	s, _ := newSimulated(t, gateway.Config{})
	for path, want := range map[string]int{
		"/v1/mailbox:umEnabled":    http.StatusOK,
		"/v1/mailbox/umProperties": http.StatusOK,
		"/v1/calls/AAAA":           http.StatusNotFound,
		"/v1/nowhere":              http.StatusNotFound,
		"/v1/calls/AAAA:watch":     http.StatusMethodNotAllowed, // it would not end
		"/v1/calls:playOnPhone":    http.StatusMethodNotAllowed,
	} {
		head, content := s.rest(t.Context(), http.MethodHead, path, "")
		if head.StatusCode != want || len(content) > 0 {
			t.Errorf("HEAD %s: %d %q, want %d", path, head.StatusCode, content, want)
		}
		if want == http.StatusMethodNotAllowed {
			continue
		}
		get, content := s.rest(t.Context(), http.MethodGet, path, "")
		if get.StatusCode != head.StatusCode || get.Header.Get("Content-Type") != head.Header.Get("Content-Type") {
			t.Errorf("%s: GET is answered %d %v, HEAD %d %v", path, get.StatusCode, get.Header, head.StatusCode, head.Header)
		}
		if head.ContentLength != int64(len(content)) && want == http.StatusOK {
			t.Errorf("%s: HEAD tells a length of %d, and GET has %d", path, head.ContentLength, len(content))
		}
	}
}
