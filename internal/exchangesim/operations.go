package exchangesim

import (
	"net/http"
	"strconv"
	"strings"
)

// operation carries out one SOAP operation on a mailbox. The caller holds the server's lock.
type operation func(s *Server, m *Mailbox, r invocation) answer

// invocation is a dispatched request.
type invocation struct {
	request
	name      string
	namespace string // the scheme that the SOAPAction chose: arguments count in it only
}

func (r invocation) text(local string) string {
	if text := r.argument(r.namespace, local); text != nil {
		return *text
	}
	return ""
}

// boolean reads a boolean argument. A null one is false; anything but the lexical forms of XML Schema is an error.
func (r invocation) boolean(local string) (value, ok bool) {
	text := r.argument(r.namespace, local)
	if text == nil {
		return false, true
	}
	switch strings.TrimSpace(*text) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

func (r invocation) done(result *string) answer { return success(r.namespace, r.name, result) }

func (r invocation) fault(exception, message string) answer {
	return umFault(r.namespace, r.name, exception, message)
}

var operations = map[string]operation{
	"Disconnect":                       disconnect,
	"GetCallInfo":                      getCallInfo,
	"GetUMProperties":                  getUMProperties,
	"IsUMEnabled":                      isUMEnabled,
	"PlayOnPhone":                      playOnPhone,
	"PlayOnPhoneGreeting":              playOnPhoneGreeting,
	"ResetPIN":                         resetPIN,
	"SetMissedCallNotificationEnabled": setMissedCallNotificationEnabled,
	"SetOofStatus":                     setOofStatus,
	"SetPlayOnPhoneDialString":         setPlayOnPhoneDialString,
	"SetTelephoneAccessFolderEmail":    setTelephoneAccessFolderEmail,
}

// dispatch finds the operation by the SOAPAction alone, as ASP.NET does, and carries it out.
func (s *Server) dispatch(r *http.Request, user string, body []byte) answer {
	parsed, err := readRequest(body)
	switch {
	case err == errVersion:
		return frameworkFault("VersionMismatch", "Possible SOAP version mismatch: Envelope namespace was unexpected. Expecting "+namespaceSOAP+".")
	case err == errMustUnderstand:
		return frameworkFault("MustUnderstand", "System.Web.Services.Protocols.SoapHeaderException: SOAP header was not understood.")
	case err != nil:
		return answer{status: http.StatusBadRequest, header: http.Header{}}
	}
	action := r.Header.Get("SOAPAction")
	if action == "" {
		return s.missingAction()
	}
	call, carryOut := s.route(strings.Trim(action, `"`))
	if carryOut == nil {
		return s.unknownAction(action)
	}
	call.request = parsed
	s.mu.Lock()
	defer s.mu.Unlock()
	return carryOut(s, s.mailbox(user), call)
}

func (s *Server) route(action string) (invocation, operation) {
	for _, namespace := range s.namespaces {
		if name, found := strings.CutPrefix(action, namespace+"/"); found {
			return invocation{name: name, namespace: namespace}, operations[name]
		}
	}
	return invocation{}, nil
}

func (s *Server) count(r invocation) { s.executed[r.name]++ }

func playOnPhone(s *Server, m *Mailbox, r invocation) answer {
	entry := r.text("entryId")
	if entry == "" || entry == BadEntryID {
		return r.fault("InvalidObjectIdException", "The specified object identifier is not valid.")
	}
	return s.dial(m, r, entry)
}

func playOnPhoneGreeting(s *Server, m *Mailbox, r invocation) answer {
	greeting := r.text("GreetingType")
	if greeting != "NormalCustom" && greeting != "OofCustom" {
		return badArgument(r.name)
	}
	return s.dial(m, r, greeting)
}

func (s *Server) dial(m *Mailbox, r invocation, message string) answer {
	number := r.text("DialString")
	if number == "" || number == ForbiddenNumber {
		return r.fault("DialingRulesException", "The dialing rules do not allow this call.")
	}
	s.count(r)
	call := &Call{ID: newCallID(), DialString: number, Message: message, Started: s.config.Clock.Now(), timeline: s.config.Timeline}
	m.add(call)
	return r.done(&call.ID)
}

func disconnect(s *Server, m *Mailbox, r invocation) answer {
	call := m.calls[r.text("CallId")]
	if call == nil {
		return r.fault("InvalidCallIdException", "The call identifier is not valid.")
	}
	s.count(r)
	if state, _ := call.state(s.config.Clock.Now()); state != "Disconnected" {
		call.ended = true
	}
	return r.done(nil)
}

func getCallInfo(s *Server, m *Mailbox, r invocation) answer {
	call := m.calls[r.text("CallId")]
	if call == nil {
		return r.fault("InvalidCallIdException", "The call identifier is not valid.")
	}
	s.count(r)
	state, cause := call.state(s.config.Clock.Now())
	result := element("CallState", &state) + element("EventCause", &cause)
	return r.done(&result)
}

func getUMProperties(s *Server, m *Mailbox, r invocation) answer {
	s.count(r)
	oof, missed := strconv.FormatBool(m.OofStatus), strconv.FormatBool(m.MissedCallNotificationEnabled)
	result := element("OofStatus", &oof) + element("MissedCallNotificationEnabled", &missed) +
		element("PlayOnPhoneDialString", m.PlayOnPhoneDialString) +
		element("TelephoneAccessNumbers", m.TelephoneAccessNumbers) +
		element("TelephoneAccessFolderEmail", m.TelephoneAccessFolderEmail)
	return r.done(&result)
}

func isUMEnabled(s *Server, m *Mailbox, r invocation) answer {
	s.count(r)
	enabled := strconv.FormatBool(m.UMEnabled)
	return r.done(&enabled)
}

func resetPIN(s *Server, m *Mailbox, r invocation) answer {
	s.count(r)
	m.PINResets++
	return r.done(nil)
}

func setMissedCallNotificationEnabled(s *Server, m *Mailbox, r invocation) answer {
	return s.setBoolean(r, &m.MissedCallNotificationEnabled)
}

func setOofStatus(s *Server, m *Mailbox, r invocation) answer { return s.setBoolean(r, &m.OofStatus) }

func (s *Server) setBoolean(r invocation, setting *bool) answer {
	value, ok := r.boolean("status")
	if !ok {
		return badArgument(r.name)
	}
	s.count(r)
	*setting = value
	return r.done(nil)
}

func setPlayOnPhoneDialString(s *Server, m *Mailbox, r invocation) answer {
	s.count(r)
	m.PlayOnPhoneDialString = r.argument(r.namespace, "dialString")
	return r.done(nil)
}

func setTelephoneAccessFolderEmail(s *Server, m *Mailbox, r invocation) answer {
	s.count(r)
	m.TelephoneAccessFolderEmail = r.argument(r.namespace, "base64FolderID")
	return r.done(nil)
}
