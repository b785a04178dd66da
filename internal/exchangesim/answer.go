package exchangesim

import (
	"fmt"
	"net/http"
)

// answer is a reply before it is written.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func newAnswer(status int, body string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}}, body: []byte(body)}
}

const (
	prolog       = `<?xml version="1.0" encoding="utf-8"?>`
	envelopeOpen = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>`
	envelopeClose = `</soap:Body></soap:Envelope>`
)

// success writes the reply of a umws operation: its result, if it has one, stands in a second element of the same name.
func success(namespace, operation string, result *string) answer {
	name := operation + "Response"
	if result == nil {
		return newAnswer(http.StatusOK, prolog+envelopeOpen+fmt.Sprintf(`<%s xmlns=%q />`, name, namespace)+envelopeClose)
	}
	return newAnswer(http.StatusOK, prolog+envelopeOpen+
		fmt.Sprintf(`<%s xmlns=%q><%s>%s</%s></%s>`, name, namespace, name, *result, name, name)+envelopeClose)
}

// element writes an element with text; nothing for a null text.
func element(name string, text *string) string {
	switch {
	case text == nil:
		return ""
	case *text == "":
		return "<" + name + " />"
	}
	return "<" + name + ">" + escape(*text) + "</" + name + ">"
}
