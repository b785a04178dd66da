package exchangesim

import (
	"strconv"
)

// operation carries out one umws operation on a mailbox. The caller holds the server's lock.
type operation func(s *Server, m *Mailbox, i invocation) (answer, *argumentFault)

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

func playOnPhone(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	entry, err := i.text("entryId")
	if err != nil {
		return answer{}, err
	}
	if entry == "" || entry == BadEntryID || entry == MissingID {
		return i.fault("InvalidObjectIdException", "The object identifier isn't valid."), nil
	}
	return s.dial(m, i, entry)
}

// playOnPhoneGreeting takes a missing greeting for the first one, as .NET does with a missing enumeration value.
func playOnPhoneGreeting(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	greeting, err := i.argument("GreetingType")
	if err != nil {
		return answer{}, err
	}
	switch {
	case greeting == nil:
		return s.dial(m, i, "NormalCustom")
	case *greeting != "NormalCustom" && *greeting != "OofCustom":
		return answer{}, &argumentFault{textNotGreeting, *greeting}
	}
	return s.dial(m, i, *greeting)
}

func (s *Server) dial(m *Mailbox, i invocation, message string) (answer, *argumentFault) {
	number, err := i.text("DialString")
	if err != nil {
		return answer{}, err
	}
	switch {
	case !m.UMEnabled:
		return i.fault("UserNotUmEnabledException", "The user isn't enabled for Unified Messaging."), nil
	case number == "" || number == ForbiddenNumber || number == InvalidNumber:
		return i.fault("DialingRulesException",
			"Dialing restrictions are preventing the phone number that was entered from being dialed."), nil
	}
	s.carriedOut(UMWS, i.name)
	call := s.place(m, UMWS, number, message)
	return i.done(&call.ID), nil
}

// callOf finds the call that a request is about. If there is none, the answer says so.
func callOf(m *Mailbox, i invocation) (*Call, answer, *argumentFault) {
	id, err := i.text("CallId")
	if err != nil {
		return nil, answer{}, err
	}
	call := m.call(UMWS, id)
	if call == nil {
		return nil, i.fault("InvalidCallIdException", "The call identifier isn't valid."), nil
	}
	return call, answer{}, nil
}

func disconnect(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	call, refused, err := callOf(m, i)
	if call == nil {
		return refused, err
	}
	s.carriedOut(UMWS, i.name)
	call.disconnect(s.config.Clock.Now())
	return i.done(nil), nil
}

func getCallInfo(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	call, refused, err := callOf(m, i)
	if call == nil {
		return refused, err
	}
	s.carriedOut(UMWS, i.name)
	state, cause := call.state(s.config.Clock.Now())
	result := element("CallState", &state) + element("EventCause", &cause)
	return i.done(&result), nil
}

func getUMProperties(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	s.carriedOut(UMWS, i.name)
	oof, missed := strconv.FormatBool(m.OofStatus), strconv.FormatBool(m.MissedCallNotificationEnabled)
	result := element("OofStatus", &oof) + element("MissedCallNotificationEnabled", &missed) +
		element("PlayOnPhoneDialString", m.PlayOnPhoneDialString) +
		element("TelephoneAccessNumbers", m.TelephoneAccessNumbers) +
		element("TelephoneAccessFolderEmail", m.TelephoneAccessFolderEmail)
	return i.done(&result), nil
}

func isUMEnabled(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	s.carriedOut(UMWS, i.name)
	enabled := strconv.FormatBool(m.UMEnabled)
	return i.done(&enabled), nil
}

func resetPIN(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	s.carriedOut(UMWS, i.name)
	m.PINResets++
	return i.done(nil), nil
}

func setMissedCallNotificationEnabled(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	return s.setBoolean(i, &m.MissedCallNotificationEnabled)
}

func setOofStatus(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	return s.setBoolean(i, &m.OofStatus)
}

func (s *Server) setBoolean(i invocation, setting *bool) (answer, *argumentFault) {
	value, err := i.boolean("status")
	if err != nil {
		return answer{}, err
	}
	s.carriedOut(UMWS, i.name)
	*setting = value
	return i.done(nil), nil
}

func setPlayOnPhoneDialString(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	return s.setText(i, "dialString", &m.PlayOnPhoneDialString)
}

func setTelephoneAccessFolderEmail(s *Server, m *Mailbox, i invocation) (answer, *argumentFault) {
	return s.setText(i, "base64FolderID", &m.TelephoneAccessFolderEmail)
}

func (s *Server) setText(i invocation, local string, setting **string) (answer, *argumentFault) {
	value, err := i.argument(local)
	if err != nil {
		return answer{}, err
	}
	s.carriedOut(UMWS, i.name)
	*setting = value
	return i.done(nil), nil
}
