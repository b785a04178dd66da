package resilience

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// outcome is what an exchange says about the health of the endpoint.
type outcome int

const (
	// uncounted: it says nothing. The caller went away, or the request never got as far as the endpoint.
	uncounted outcome = iota
	// well: the endpoint answered as it should. A SOAP fault is such an answer.
	well
	// answering: something at the endpoint answers, but the answer is not about health: a refused credential, throttling, a
	// page. It is not counted, but shows that an endpoint which was left alone is back.
	answering
	// failed: the endpoint could not be reached, broke off, kept silent, or answered as a server in trouble does.
	failed
)

// verdict is an outcome, and whether it is a sign of too many requests at a time.
type verdict struct {
	outcome    outcome
	overloaded bool
}

// slowConnect is how long connecting must have taken in vain to count against the endpoint.
const slowConnect = time.Second

// judge decides what the end of an exchange says. elapsed is how long the endpoint had it.
func judge(reply *transport.Reply, err error, elapsed, stallAfter time.Duration) verdict {
	if err == nil {
		return judgeReply(reply)
	}
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Op == "authenticate" && failure.Kind == transport.KindUnavailable {
		return verdict{outcome: uncounted} // what could not be reached is the key distribution centre
	}
	switch failure.Kind {
	case transport.KindUnavailable:
		if errors.Is(failure.Err, transport.ErrConnectTimeout) && elapsed < slowConnect {
			return verdict{outcome: uncounted} // half of an impatient caller's time
		}
		return verdict{outcome: failed}
	case transport.KindTLS, transport.KindMalformedReply, transport.KindTruncated:
		return verdict{outcome: failed}
	case transport.KindDeadline:
		late := failure.Sent == transport.FullySent
		if elapsed >= stallAfter {
			return verdict{failed, late}
		}
		return verdict{uncounted, late}
	case transport.KindUnauthorized, transport.KindReplyTooLarge, transport.KindHeaderTooLarge:
		return verdict{outcome: answering}
	}
	return verdict{outcome: uncounted}
}

func judgeReply(reply *transport.Reply) verdict {
	switch {
	case reply.Truncated:
		return verdict{outcome: failed}
	case looksLikeSOAP(reply):
		return verdict{outcome: well}
	case reply.Status == http.StatusServiceUnavailable, reply.Status == http.StatusGatewayTimeout:
		return verdict{failed, true}
	case reply.Status >= 500:
		return verdict{outcome: failed}
	}
	return verdict{outcome: answering}
}

// usualContentType is how ASP.NET writes it. What is known needs no parsing.
const usualContentType = "text/xml; charset=utf-8"

// looksLikeSOAP tells, without parsing, whether a reply calls itself XML or holds an envelope: a fault comes with a status
// of 500 and is no sign of trouble, and some servers mislabel it.
func looksLikeSOAP(reply *transport.Reply) bool {
	if len(reply.Body) == 0 || reply.Status == http.StatusUnauthorized {
		return false
	}
	contentType := reply.Header.Get("Content-Type")
	if contentType == usualContentType {
		return true
	}
	contentType = strings.ToLower(contentType)
	if strings.Contains(contentType, "xml") && !strings.Contains(contentType, "xhtml") {
		return true
	}
	return bytes.Contains(reply.Body[:min(len(reply.Body), 512)], []byte("Envelope"))
}
