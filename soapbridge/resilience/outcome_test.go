package resilience

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

const stall = 5 * time.Second

func TestAnErrorCountsAgainstTheEndpointOnlyIfItIsItsFault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		err     error
		elapsed time.Duration
		want    verdict
	}{
		{"refused", &transport.Error{Kind: transport.KindUnavailable}, 0, verdict{failed, false}},
		{"lost in the middle", &transport.Error{Kind: transport.KindUnavailable, Sent: transport.FullySent}, 0, verdict{failed, false}},
		{"no connection in a second", &transport.Error{Kind: transport.KindUnavailable, Err: transport.ErrConnectTimeout}, time.Second, verdict{failed, false}},
		{"no connection for an impatient caller", &transport.Error{Kind: transport.KindUnavailable, Err: transport.ErrConnectTimeout}, time.Second - 1, verdict{uncounted, false}},
		{"no tls", &transport.Error{Kind: transport.KindTLS}, 0, verdict{failed, false}},
		{"not http", &transport.Error{Kind: transport.KindMalformedReply, Sent: transport.FullySent}, 0, verdict{failed, false}},
		{"cut in its header", &transport.Error{Kind: transport.KindTruncated, Sent: transport.FullySent}, 0, verdict{failed, false}},
		{"silent for long", &transport.Error{Kind: transport.KindDeadline, Sent: transport.FullySent}, stall, verdict{failed, true}},
		{"an impatient caller", &transport.Error{Kind: transport.KindDeadline, Sent: transport.FullySent}, stall - 1, verdict{uncounted, true}},
		{"an impatient caller, while connecting", &transport.Error{Kind: transport.KindDeadline}, 0, verdict{uncounted, false}},
		{"the caller went away", &transport.Error{Kind: transport.KindCanceled, Sent: transport.FullySent}, time.Hour, verdict{uncounted, false}},
		{"a rejected credential", &transport.Error{Kind: transport.KindUnauthorized}, 0, verdict{answering, false}},
		{"a credential held off", &transport.Error{Kind: transport.KindHeldOff}, 0, verdict{uncounted, false}},
		{"a key distribution centre out of reach", &transport.Error{Op: "authenticate", Kind: transport.KindUnavailable}, 0, verdict{uncounted, false}},
		{"a hook that stopped the request", &transport.Error{Kind: transport.KindStopped}, 0, verdict{uncounted, false}},
		{"the client's own line is full", &transport.Error{Kind: transport.KindOverloaded}, 0, verdict{uncounted, false}},
		{"the client was closed", &transport.Error{Kind: transport.KindClosed}, 0, verdict{uncounted, false}},
		{"an honest server with too large a reply", &transport.Error{Kind: transport.KindReplyTooLarge, Sent: transport.FullySent}, 0, verdict{answering, false}},
		{"another error", errors.New("unheard of"), 0, verdict{uncounted, false}},
		{"the context's error", context.Canceled, 0, verdict{uncounted, false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := judge(nil, tt.err, tt.elapsed, stall); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestAReplyIsJudgedByItsBodyFirst(t *testing.T) {
	t.Parallel()
	const (
		xml  = "text/xml; charset=utf-8"
		html = "text/html"
	)
	fault := `<?xml version="1.0"?><soap:Envelope><soap:Body><soap:Fault/></soap:Body></soap:Envelope>`
	tests := []struct {
		name      string
		status    int
		mediaType string
		body      string
		want      verdict
	}{
		{"a result", 200, xml, "<soap:Envelope/>", verdict{well, false}},
		{"a fault in 500", 500, xml, fault, verdict{well, false}},
		{"a soap 1.2 fault in 503", 503, "application/soap+xml", fault, verdict{well, false}},
		{"a fault that calls itself html", 500, html, fault, verdict{well, false}},
		{"a page with 500", 500, html, "<html>", verdict{failed, false}},
		{"an empty 500", 500, "", "", verdict{failed, false}},
		{"an empty 500 that calls itself xml", 500, xml, "", verdict{failed, false}},
		{"502", 502, html, "<html>", verdict{failed, false}},
		{"503", 503, html, "<html>", verdict{failed, true}},
		{"an empty 503", 503, "", "", verdict{failed, true}},
		{"504", 504, html, "<html>", verdict{failed, true}},
		{"401", 401, html, "<html>", verdict{answering, false}},
		{"403", 403, html, "<html>", verdict{answering, false}},
		{"407", 407, html, "<html>", verdict{answering, false}},
		{"429", 429, "", "", verdict{answering, false}},
		{"404", 404, html, "<html>", verdict{answering, false}},
		{"a redirect", 302, "", "", verdict{answering, false}},
		{"a page with 200", 200, "application/xhtml+xml", "<html>", verdict{answering, false}},
		{"a page that mentions an envelope late", 500, html, strings.Repeat(" ", 600) + "Envelope", verdict{failed, false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			reply := &transport.Reply{Status: tt.status, Header: http.Header{"Content-Type": {tt.mediaType}}, Body: []byte(tt.body)}
			if got := judge(reply, nil, 0, stall); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	t.Run("a cut reply", func(t *testing.T) {
		t.Parallel()
		reply := &transport.Reply{Status: 200, Header: http.Header{"Content-Type": {xml}}, Body: []byte("<soap:Env"), Truncated: true}
		if got := judge(reply, nil, 0, stall); got.outcome != failed {
			t.Errorf("got %+v, want a failure", got)
		}
	})
}
