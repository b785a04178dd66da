package exchangesim

import (
	"fmt"
	"net/http"
	"strings"
)

// parameter is an argument or a result in the WSDL.
type parameter struct{ name, kind string }

// signature is an operation in the WSDL.
type signature struct {
	name      string
	arguments []parameter
	result    string // the type of the second wrapper; empty if there is none
}

var signatures = []signature{
	{"Disconnect", []parameter{{"CallId", "xs:string"}}, ""},
	{"GetCallInfo", []parameter{{"CallId", "xs:string"}}, "tns:CallInfo"},
	{"GetUMProperties", nil, "tns:UMProperties"},
	{"IsUMEnabled", nil, "xs:boolean"},
	{"PlayOnPhone", []parameter{{"entryId", "xs:string"}, {"DialString", "xs:string"}}, "xs:string"},
	{"PlayOnPhoneGreeting", []parameter{{"GreetingType", "tns:UMGreetingType"}, {"DialString", "xs:string"}}, "xs:string"},
	{"ResetPIN", nil, ""},
	{"SetMissedCallNotificationEnabled", []parameter{{"status", "xs:boolean"}}, ""},
	{"SetOofStatus", []parameter{{"status", "xs:boolean"}}, ""},
	{"SetPlayOnPhoneDialString", []parameter{{"dialString", "xs:string"}}, ""},
	{"SetTelephoneAccessFolderEmail", []parameter{{"base64FolderID", "xs:string"}}, ""},
}

const wsdlTypes = `<xs:simpleType name="UMGreetingType"><xs:restriction base="xs:string">` +
	`<xs:enumeration value="NormalCustom"/><xs:enumeration value="OofCustom"/></xs:restriction></xs:simpleType>
<xs:complexType name="CallInfo"><xs:sequence>` +
	`<xs:element name="CallState" type="xs:string"/><xs:element name="EventCause" type="xs:string"/></xs:sequence></xs:complexType>
<xs:complexType name="UMProperties"><xs:sequence>` +
	`<xs:element name="OofStatus" type="xs:boolean"/><xs:element name="MissedCallNotificationEnabled" type="xs:boolean"/>` +
	`<xs:element minOccurs="0" name="PlayOnPhoneDialString" type="xs:string"/>` +
	`<xs:element minOccurs="0" name="TelephoneAccessNumbers" type="xs:string"/>` +
	`<xs:element minOccurs="0" name="TelephoneAccessFolderEmail" type="xs:string"/></xs:sequence></xs:complexType>
`

// serveWSDL describes the service. A server that knows both schemes describes the http one.
func (s *Server) serveWSDL(w http.ResponseWriter, r *http.Request) {
	namespace := s.namespaces[len(s.namespaces)-1]
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	fmt.Fprint(w, wsdl(namespace, scheme+"://"+r.Host+r.URL.Path))
}

func wsdl(namespace, address string) string {
	var types, messages, port, binding strings.Builder
	for _, op := range signatures {
		types.WriteString(op.elements())
		fmt.Fprintf(&messages, `<message name="%[1]sIn"><part name="parameters" element="tns:%[1]s"/></message>
<message name="%[1]sOut"><part name="parameters" element="tns:%[1]sResponse"/></message>
`, op.name)
		fmt.Fprintf(&port, `<operation name="%[1]s"><input message="tns:%[1]sIn"/><output message="tns:%[1]sOut"/></operation>
`, op.name)
		fmt.Fprintf(&binding, `<operation name="%[1]s"><soap:operation soapAction="%[2]s/%[1]s" style="document"/>`+
			`<input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
`, op.name, namespace)
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="utf-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="%[1]s" targetNamespace="%[1]s">
<types><xs:schema elementFormDefault="qualified" targetNamespace="%[1]s">
%[2]s%[3]s</xs:schema></types>
%[4]s<portType name="UMServiceSoap">
%[5]s</portType>
<binding name="UMServiceSoap" type="tns:UMServiceSoap"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
%[6]s</binding>
<service name="UMService"><port name="UMServiceSoap" binding="tns:UMServiceSoap"><soap:address location="%[7]s"/></port></service>
</definitions>
`, namespace, types.String(), wsdlTypes, messages.String(), port.String(), binding.String(), escape(address))
}

// elements declares the request and the response element of an operation.
func (op signature) elements() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<xs:element name="%s"><xs:complexType><xs:sequence>`, op.name)
	for _, p := range op.arguments {
		fmt.Fprintf(&b, `<xs:element minOccurs="0" name="%s" type="%s"/>`, p.name, p.kind)
	}
	fmt.Fprintf(&b, "</xs:sequence></xs:complexType></xs:element>\n<xs:element name=\"%sResponse\"><xs:complexType><xs:sequence>", op.name)
	if op.result != "" {
		fmt.Fprintf(&b, `<xs:element minOccurs="0" name="%sResponse" type="%s"/>`, op.name, op.result)
	}
	b.WriteString("</xs:sequence></xs:complexType></xs:element>\n")
	return b.String()
}
