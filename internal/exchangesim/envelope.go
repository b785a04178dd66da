package exchangesim

import "encoding/xml"

const namespaceSOAP = "http://schemas.xmlsoap.org/soap/envelope/"

func soapName(local string) xml.Name { return xml.Name{Space: namespaceSOAP, Local: local} }

// envelope is a SOAP 1.1 envelope, opened.
type envelope struct {
	header []*node
	body   []*node
}

// envelopeError says why an envelope cannot be opened: the local part of the fault code, and what it is about.
type envelopeError struct {
	code    string // "VersionMismatch", "MustUnderstand" or "Client"
	subject string // the namespace that was found, or the element that is missing or not understood
}

func (e *envelopeError) Error() string { return e.code + ": " + e.subject }

// openEnvelope finds the header blocks and the content of the Body (SOAP 1.1, section 4). A block that says
// mustUnderstand must be one of the understood.
func openEnvelope(root *node, understood func(xml.Name) bool) (envelope, *envelopeError) {
	switch {
	case root.name.Local != "Envelope":
		return envelope{}, &envelopeError{"Client", "soap:Envelope"}
	case root.name.Space != namespaceSOAP:
		return envelope{}, &envelopeError{"VersionMismatch", root.name.Space}
	}
	body := root.child(soapName("Body"))
	if body == nil {
		return envelope{}, &envelopeError{"Client", "soap:Body"}
	}
	opened := envelope{body: body.children}
	if header := root.child(soapName("Header")); header != nil {
		opened.header = header.children
	}
	for _, block := range opened.header {
		if mustUnderstand(block) && !understood(block.name) {
			return envelope{}, &envelopeError{"MustUnderstand", block.name.Local}
		}
	}
	return opened, nil
}

func mustUnderstand(block *node) bool {
	value, _ := block.attribute(soapName("mustUnderstand"))
	return value == "1" || value == "true"
}
