package kerberos

import (
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// State is a service's judgement of a token (negState of RFC 4178 section 4.2.2).
type State int

// The states of an Answer.
const (
	StateUnknown    State = iota // the answer has none
	StateAccepted                // accept-completed
	StateIncomplete              // accept-incomplete: the service wants another message
	StateRejected                // reject
	StateRequestMIC              // request-mic: likewise
)

// Answer is what a service says to a token, in the header WWW-Authenticate: Negotiate of its reply.
type Answer struct {
	State   State
	Failure error // why Kerberos refused the token; nil if the service does not tell
	Proven  bool  // it has an AP-REP, with which the service proves its own identity; that is not verified
}

const maxAnswer = 128 << 10

var errAnswer = errors.New("kerberos: the service's answer is no SPNEGO token")

// ReadAnswer reads a service's answer: a NegTokenResp of SPNEGO (RFC 4178 section 4.2.2), or a message of Kerberos without
// SPNEGO around it, as some services send.
func ReadAnswer(token []byte) (Answer, error) {
	input := cryptobyte.String(token)
	if len(token) > maxAnswer {
		return Answer{}, errAnswer
	}
	if input.PeekASN1Tag(framed) || input.PeekASN1Tag(failureTag) {
		var a Answer
		return a, a.readMessage(input)
	}
	var response, fields cryptobyte.String
	if !input.ReadASN1(&response, der.Tag(1).ContextSpecific().Constructed()) || !input.Empty() ||
		!response.ReadASN1(&fields, der.SEQUENCE) || !response.Empty() {
		return Answer{}, errAnswer
	}
	return readFields(fields)
}

func readFields(fields cryptobyte.String) (Answer, error) {
	var a Answer
	var state, mechanism, message, mic cryptobyte.String
	var hasState, hasMessage bool
	field := func(n uint8) der.Tag { return der.Tag(n).ContextSpecific().Constructed() }
	if !fields.ReadOptionalASN1(&state, &hasState, field(0)) || !fields.ReadOptionalASN1(&mechanism, nil, field(1)) ||
		!fields.ReadOptionalASN1(&message, &hasMessage, field(2)) || !fields.ReadOptionalASN1(&mic, nil, field(3)) || !fields.Empty() {
		return a, errAnswer
	}
	if hasState {
		var n int
		if !state.ReadASN1Enum(&n) || !state.Empty() || n < 0 || n > 3 {
			return a, errAnswer
		}
		a.State = State(n + 1)
	}
	if !hasMessage {
		return a, nil
	}
	var inner cryptobyte.String
	if !message.ReadASN1(&inner, der.OCTET_STRING) || !message.Empty() {
		return a, errAnswer
	}
	return a, a.readMessage(inner)
}

// readMessage reads a message of Kerberos, with the header of RFC 4121 section 4.1 or without.
func (a *Answer) readMessage(message cryptobyte.String) error {
	if message.PeekASN1Tag(framed) {
		var content cryptobyte.String
		var mechanism asn1.ObjectIdentifier
		var kind uint16
		if !message.ReadASN1(&content, framed) || !message.Empty() || !content.ReadASN1ObjectIdentifier(&mechanism) || !content.ReadUint16(&kind) {
			return errAnswer
		}
		message = content
	}
	if failure := readFailure(message); failure != nil {
		a.State, a.Failure = StateRejected, describe(*failure)
		return nil
	}
	a.Proven = message.PeekASN1Tag(der.Tag(15).Constructed() | classApplication) // RFC 4120 section 5.5.2
	return nil
}

// Explain says in words why a service refused a token, going by its answer.
func (c *Client) Explain(token []byte) error {
	a, err := ReadAnswer(token)
	switch {
	case err != nil:
		return err
	case a.Failure != nil:
		return fmt.Errorf("kerberos: the service refused the ticket: %w", a.Failure)
	case a.State == StateIncomplete || a.State == StateRequestMIC:
		return errors.New("kerberos: the service wants another message of the negotiation, which is not supported")
	}
	return errors.New("kerberos: the service refused the ticket without saying why")
}
