package exchangesim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

const (
	namespaceHTTP  = "http://schemas.microsoft.com/exchange/services/2006/messages"
	namespaceHTTPS = "https://schemas.microsoft.com/exchange/services/2006/messages"
	namespaceSOAP  = "http://schemas.xmlsoap.org/soap/envelope/"
)

// request is what the server understood of an envelope.
type request struct {
	operation xml.Name          // the first element in the Body; zero if the Body is empty
	arguments map[string]string // the text of its children, by local name; of children in its own namespace only
}

var (
	errVersion        = errors.New("another envelope")
	errMustUnderstand = errors.New("a header that must be understood")
)

// readRequest reads an envelope. Its errors are errVersion, errMustUnderstand, or say that the XML is not well formed. As
// with ASP.NET, a child that is repeated counts once, the first, and text is not trimmed.
func readRequest(body []byte) (request, error) {
	r := request{arguments: map[string]string{}}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var path []xml.Name
	var text strings.Builder
	for {
		token, err := decoder.Token()
		if err == io.EOF && len(path) == 0 && r.arguments != nil {
			return r, nil
		}
		if err != nil {
			return r, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, t.Name)
			text.Reset()
			if err := r.start(path, t); err != nil {
				return r, err
			}
		case xml.EndElement:
			r.end(path, text.String())
			path = path[:len(path)-1]
		case xml.CharData:
			text.Write(t)
		}
	}
}

func (r *request) start(path []xml.Name, t xml.StartElement) error {
	switch depth := len(path); {
	case depth == 1 && t.Name != xml.Name{Space: namespaceSOAP, Local: "Envelope"}:
		return errVersion
	case depth == 3 && path[1] == xml.Name{Space: namespaceSOAP, Local: "Header"}:
		for _, a := range t.Attr {
			if a.Name == (xml.Name{Space: namespaceSOAP, Local: "mustUnderstand"}) && a.Value == "1" {
				return errMustUnderstand
			}
		}
	case depth == 3 && isBody(path) && r.operation == xml.Name{}:
		r.operation = t.Name
	}
	return nil
}

func (r *request) end(path []xml.Name, text string) {
	if len(path) != 4 || !isBody(path) || path[2] != r.operation || path[3].Space != r.operation.Space {
		return
	}
	if _, repeated := r.arguments[path[3].Local]; !repeated {
		r.arguments[path[3].Local] = text
	}
}

func isBody(path []xml.Name) bool { return path[1] == xml.Name{Space: namespaceSOAP, Local: "Body"} }

// argument returns an argument in the namespace of the operation that was chosen. One that is missing, or in another
// namespace or another case, is null.
func (r *request) argument(namespace, local string) *string {
	if r.operation.Space != namespace {
		return nil
	}
	if text, found := r.arguments[local]; found {
		return &text
	}
	return nil
}
