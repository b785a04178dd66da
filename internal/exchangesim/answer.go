package exchangesim

import (
	"fmt"
	"net/http"
	"strings"
)

// answer is a reply before it is written.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    int  // bytes of the body to leave out at its end while Content-Length still counts them
	drop   bool // close the connection without a reply
	last   bool // close the connection after the reply
}

func newAnswer(status int, body string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}}, body: []byte(body)}
}

// write sends the answer. It takes the connection over where HTTP would not let it misbehave.
func (a answer) write(w http.ResponseWriter, r *http.Request) {
	if !a.drop && a.cut == 0 {
		for name, values := range a.header {
			w.Header()[name] = values
		}
		if a.last {
			w.Header().Set("Connection", "close")
		}
		w.WriteHeader(a.status)
		w.Write(a.body)
		return
	}
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	if a.drop {
		return
	}
	fmt.Fprintf(connection, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		a.status, http.StatusText(a.status), a.header.Get("Content-Type"), len(a.body))
	connection.Write(a.body[:max(len(a.body)-a.cut, 0)])
}

const (
	prolog       = `<?xml version="1.0" encoding="utf-8"?>`
	envelopeOpen = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>`
	envelopeClose = `</soap:Body></soap:Envelope>`
)

// success writes the reply of an operation: its result, if it has one, stands in a second element of the same name.
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

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")

func escape(text string) string { return escaper.Replace(text) }
