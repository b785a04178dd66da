package exchangesim

import "encoding/xml"

const namespaceSOAP = "http://schemas.xmlsoap.org/soap/envelope/"

func soapName(local string) xml.Name { return xml.Name{Space: namespaceSOAP, Local: local} }

// envelope is a SOAP 1.1 envelope, opened.
type envelope struct {
	header []*node
	body   []*node
}

// envelopeFault is why an envelope cannot be opened.
type envelopeFault struct {
	code    string // of the SOAP fault: VersionMismatch, MustUnderstand or Client
	subject string // the namespace that was found, or the element that is missing or not understood
}

// openEnvelope finds the header blocks and the content of the Body (SOAP 1.1, section 4). A block that says
// mustUnderstand must be one of the understood.
func openEnvelope(root *node, understood func(xml.Name) bool) (envelope, *envelopeFault) {
	switch {
	case root.name.Local != "Envelope":
		return envelope{}, &envelopeFault{"Client", "soap:Envelope"}
	case root.name.Space != namespaceSOAP:
		return envelope{}, &envelopeFault{"VersionMismatch", root.name.Space}
	}
	body := root.child(soapName("Body"))
	if body == nil {
		return envelope{}, &envelopeFault{"Client", "soap:Body"}
	}
	opened := envelope{body: body.children}
	if header := root.child(soapName("Header")); header != nil {
		opened.header = header.children
	}
	for _, block := range opened.header {
		if mustUnderstand(block) && !understood(block.name) {
			return envelope{}, &envelopeFault{"MustUnderstand", block.name.Local}
		}
	}
	return opened, nil
}

func mustUnderstand(block *node) bool {
	value, _ := block.attribute(soapName("mustUnderstand"))
	return value == "1" || value == "true"
}
