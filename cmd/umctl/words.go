package main

import (
	"fmt"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// stateWords name the states of a call for people.
var stateWords = map[umv1.CallState]string{
	umv1.CallState_CALL_STATE_IDLE:         "idle",
	umv1.CallState_CALL_STATE_CONNECTING:   "connecting",
	umv1.CallState_CALL_STATE_ALERTED:      "ringing",
	umv1.CallState_CALL_STATE_CONNECTED:    "connected",
	umv1.CallState_CALL_STATE_DISCONNECTED: "ended",
	umv1.CallState_CALL_STATE_INCOMING:     "incoming",
	umv1.CallState_CALL_STATE_TRANSFERRING: "transferring",
	umv1.CallState_CALL_STATE_FORWARDING:   "forwarding",
}

// causeWords say for people why a call has ended.
var causeWords = map[umv1.EventCause]string{
	umv1.EventCause_EVENT_CAUSE_NONE:        "none",
	umv1.EventCause_EVENT_CAUSE_USER_BUSY:   "busy",
	umv1.EventCause_EVENT_CAUSE_NO_ANSWER:   "no answer",
	umv1.EventCause_EVENT_CAUSE_UNAVAILABLE: "unavailable",
	umv1.EventCause_EVENT_CAUSE_OTHER:       "other",
}

// stateWord names a state, one that this program does not know too.
func stateWord(state umv1.CallState) string {
	if word, known := stateWords[state]; known {
		return word
	}
	return "unknown"
}

func causeWord(cause umv1.EventCause) string {
	if word, known := causeWords[cause]; known {
		return word
	}
	return "unknown"
}

// standing is how a call stands: what GetCallInfoResponse and WatchCallResponse have in common.
type standing interface {
	GetCallState() umv1.CallState
	GetEventCause() umv1.EventCause
	GetSipResponseCode() int32
	GetSipResponseText() string
}

// describe says in a few words how a call stands, such as "ended: busy (SIP 486 Busy Here)".
func describe(s standing) string {
	text := stateWord(s.GetCallState())
	if s.GetEventCause() != umv1.EventCause_EVENT_CAUSE_NONE {
		text += ": " + causeWord(s.GetEventCause())
	}
	if sip := sipResponse(s); sip != "" {
		text += " (SIP " + sip + ")"
	}
	return text
}

// sipResponse is the code and the text of SIP with which a call failed; empty if the server reports none.
func sipResponse(s standing) string {
	switch code, text := s.GetSipResponseCode(), line(s.GetSipResponseText()); {
	case code != 0 && text != "":
		return fmt.Sprintf("%d %s", code, text)
	case code != 0:
		return fmt.Sprint(code)
	default:
		return text
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// orNone stands for an empty text.
func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return line(text)
}
