package exchangesim

import (
	"encoding/xml"
	"strconv"
)

// ewsOperation is one operation of ews. The caller of run holds the server's lock.
type ewsOperation struct {
	content content
	run     func(s *Server, m *Mailbox, e *ewsRequest) answer
}

// ewsOperations are those of telephony. Exchange has more than a hundred others.
var ewsOperations = map[string]ewsOperation{
	"PlayOnPhone":             {playOnPhoneContent, ewsPlayOnPhone},
	"GetPhoneCallInformation": {phoneCallContent, getPhoneCallInformation},
	"DisconnectPhoneCall":     {phoneCallContent, disconnectPhoneCall},
}

// ewsPlayOnPhone is MS-OXWUMS, section 3.1.4.7, which calls it PlayOnPhone2.
func ewsPlayOnPhone(s *Server, m *Mailbox, e *ewsRequest) answer {
	item, number := e.id("ItemId"), e.element.child(e.names.message("DialString")).text
	switch {
	case item == "":
		return e.failed("ErrorInvalidIdEmpty", "Id must be non-empty.")
	case item == BadEntryID:
		return e.failed("ErrorInvalidIdMalformed", "Id is malformed.")
	case item == MissingID:
		return e.failed("ErrorItemNotFound", "The specified object was not found in the store.")
	case !m.UMEnabled:
		return e.failed("ErrorUserNotUnifiedMessagingEnabled", "The user isn't enabled for Unified Messaging.")
	case number == "" || number == InvalidNumber:
		return e.failed("ErrorInvalidPhoneNumber", "The phone number isn't valid.")
	case number == ForbiddenNumber:
		return e.failed("ErrorPhoneNumberNotDialable",
			"Dialing restrictions are preventing the phone number that was entered from being dialed.")
	}
	s.carriedOut(EWS, e.name)
	call := s.place(m, EWS, number, item)
	return e.succeeded(`<m:PhoneCallId Id="` + escapeAttribute(call.ID) + `"/>`)
}

// sipResponse is how SIP puts the cause of a failed call (RFC 3261, section 21; chosen as RFC 3398, section 7.2.4.1, maps
// the causes of the telephone network).
type sipResponse struct {
	code int
	text string
}

var sipResponses = map[string]sipResponse{
	"UserBusy":    {486, "Busy Here"},
	"NoAnswer":    {480, "Temporarily Unavailable"},
	"Unavailable": {503, "Service Unavailable"},
}

// getPhoneCallInformation is MS-OXWUMS, section 3.1.4.4.
func getPhoneCallInformation(s *Server, m *Mailbox, e *ewsRequest) answer {
	call := m.call(EWS, e.id("PhoneCallId"))
	if call == nil {
		return e.unknownCall()
	}
	s.carriedOut(EWS, e.name)
	state, cause := call.state(s.config.Clock.Now())
	information := element("t:PhoneCallState", &state) + element("t:ConnectionFailureCause", &cause)
	if sip, failed := sipResponses[cause]; failed {
		code := strconv.Itoa(sip.code)
		information += element("t:SIPResponseText", &sip.text) + element("t:SIPResponseCode", &code)
	}
	return e.succeeded("<m:PhoneCallInformation>" + information + "</m:PhoneCallInformation>")
}

// disconnectPhoneCall is MS-OXWUMS, section 3.1.4.2.
func disconnectPhoneCall(s *Server, m *Mailbox, e *ewsRequest) answer {
	call := m.call(EWS, e.id("PhoneCallId"))
	if call == nil {
		return e.unknownCall()
	}
	s.carriedOut(EWS, e.name)
	call.disconnect(s.config.Clock.Now())
	return e.succeeded("")
}

func (e *ewsRequest) unknownCall() answer {
	return e.failed("ErrorInvalidPhoneCallId", "The phone call ID isn't valid.")
}

// id returns the Id attribute of a child that the schema requires.
func (e *ewsRequest) id(local string) string {
	id, _ := e.element.child(e.names.message(local)).attribute(xml.Name{Local: "Id"})
	return id
}
