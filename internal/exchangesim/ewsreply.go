package exchangesim

import (
	"net/http"
	"strconv"
	"time"
)

const (
	ewsOpen     = prolog + `<s:Envelope xmlns:s="` + namespaceSOAP + `">`
	ewsBodyOpen = `<s:Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`
	ewsClose    = `</s:Body></s:Envelope>`
)

// succeeded writes a response of class Success: the class and the code stand on the response element itself.
func (e *ewsRequest) succeeded(content string) answer {
	return e.response("Success", "<m:ResponseCode>NoError</m:ResponseCode>"+content)
}

// failed writes a response of class Error, which comes with HTTP 200.
func (e *ewsRequest) failed(code, message string) answer {
	return e.response("Error", element("m:MessageText", &message)+element("m:ResponseCode", &code)+
		"<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>")
}

func (e *ewsRequest) response(class, content string) answer {
	name := "m:" + e.name + "Response"
	header := `<s:Header><h:ServerVersionInfo MajorVersion="15" MinorVersion="1" MajorBuildNumber="2176" MinorBuildNumber="12"` +
		` Version="` + escapeAttribute(e.version) + `" xmlns:h="` + e.names.types + `"/></s:Header>`
	start := "<" + name + ` ResponseClass="` + class + `" xmlns:m="` + e.names.messages + `" xmlns:t="` + e.names.types + `">`
	return newAnswer(http.StatusOK, ewsOpen+header+ewsBodyOpen+start+content+"</"+name+">"+ewsClose)
}

// refuse answers with a fault of ews: the request was not looked at further.
func (e *ewsRequest) refuse(code, message string) *answer {
	a := ewsFault{names: e.names, language: e.language, code: code, text: message, message: message}.answer()
	return &a
}

// invalid answers with the fault for a request that does not fit the schema.
func (e *ewsRequest) invalid(violation string) *answer {
	const message = "The request failed schema validation"
	a := ewsFault{
		names: e.names, language: e.language, code: "ErrorSchemaValidation",
		text: message + ": " + violation, message: message + ".", details: element("t:Violation", &violation),
	}.answer()
	return &a
}

// ewsFault is a fault in the shape that Exchange was seen to send (ecederstrand/exchangelib issue 501, mguessan/davmail
// issue 161).
type ewsFault struct {
	names    ewsNames
	language string
	code     string
	text     string
	message  string
	details  string // the content of MessageXml; empty if there is none
}

func (f ewsFault) answer() answer {
	code := `<faultcode xmlns:a="` + f.names.types + `">a:` + f.code + `</faultcode>`
	text := `<faultstring xml:lang="` + f.language + `">` + escape(f.text) + `</faultstring>`
	detail := `<e:ResponseCode xmlns:e="` + f.names.errors + `">` + f.code + `</e:ResponseCode>` +
		`<e:Message xmlns:e="` + f.names.errors + `">` + escape(f.message) + `</e:Message>`
	if f.details != "" {
		detail += `<t:MessageXml xmlns:t="` + f.names.types + `">` + f.details + `</t:MessageXml>`
	}
	return newAnswer(http.StatusInternalServerError,
		ewsOpen+"<s:Body><s:Fault>"+code+text+"<detail>"+detail+"</detail></s:Fault>"+ewsClose)
}

// badEnvelope answers as WCF, in which Exchange hosts ews.
func (e *ewsRequest) badEnvelope(err *envelopeFault) *answer {
	var a answer
	switch err.code {
	case "VersionMismatch":
		a = wcfFault(namespaceSOAP, err.code, "The envelope version is incorrect: '"+err.subject+"'.")
	case "MustUnderstand":
		a = wcfFault(namespaceSOAP, err.code, "The header '"+err.subject+"' was not understood by the recipient of this message.")
	default:
		return e.invalid("The element '" + err.subject + "' is missing.")
	}
	return &a
}

func (e *ewsRequest) actionNotSupported() answer {
	return wcfFault("http://schemas.microsoft.com/ws/2005/05/addressing/none", "ActionNotSupported",
		"The message with Action '"+legible(e.action)+"' cannot be processed at the receiver, due to a ContractFilter mismatch at the "+
			"EndpointDispatcher. This may be because of either a contract mismatch (mismatched Actions between sender and receiver) "+
			"or a binding/security mismatch between the sender and the receiver.")
}

func wcfFault(namespace, code, text string) answer {
	return newAnswer(http.StatusInternalServerError, ewsOpen+`<s:Body><s:Fault><faultcode xmlns:a="`+namespace+`">a:`+code+
		`</faultcode><faultstring xml:lang="en-US">`+escape(text)+`</faultstring></s:Fault>`+ewsClose)
}

// ServerBusy is how Exchange throttles: the fault ErrorServerBusy of ews, with the time after which to come again. The
// request is not carried out.
func ServerBusy(backOff time.Duration) Misbehaviour {
	milliseconds := strconv.FormatInt(backOff.Milliseconds(), 10)
	const message = "The server cannot service this request right now. Try again later."
	a := ewsFault{
		names: ewsNamesOf(namespaceHTTP), language: "en-US", code: "ErrorServerBusy", text: message, message: message,
		details: `<t:Value Name="BackOffMilliseconds">` + milliseconds + `</t:Value>`,
	}.answer()
	body := string(a.body)
	return Misbehaviour{Unexecuted: true, Status: a.status, Body: &body}
}
