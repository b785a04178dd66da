package soapbridge

import (
	"errors"
	"reflect"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// errNotSOAP reports a well-formed document whose root is no SOAP envelope.
var errNotSOAP = errors.New("the root element is not a soap envelope")

// reply reads a whole envelope (SOAP 1.1 section 4, or the same parts of SOAP 1.2) into out, or returns the fault in it.
func (d *decoder) reply(p *plan, out protoreflect.Message) (*Fault, error) {
	if isBlank(d.data) {
		return nil, errEmpty
	}
	recalled := d.recall()
	if !recalled {
		if err := d.expectEnvelope(); err != nil {
			return nil, err
		}
	}
	var fault *Fault
	bodies := 0
	for {
		token, err := tokenStart, error(nil)
		if !recalled {
			token, err = d.next()
		}
		if err != nil {
			return nil, err
		}
		switch {
		case token == tokenEnd:
			if bodies != 1 {
				return nil, &refusal{cause: CauseBodies, reason: "the reply has no body"}
			}
			if err := d.expectEnd(); err != nil {
				return nil, err
			}
			return fault, nil
		case token == tokenText:
		case d.isSOAP("Header"):
			err = d.header()
		case d.isSOAP("Body"):
			if bodies++; bodies > 1 {
				return nil, &refusal{cause: CauseBodies, reason: "the reply has two bodies"}
			}
			if !recalled {
				d.remember()
			}
			recalled = false
			fault, err = d.body(p, out)
		default:
			err = d.skip()
		}
		if err != nil {
			return nil, err
		}
	}
}

func (d *decoder) isSOAP(local string) bool {
	return (d.space == spaceSOAP11 || d.space == spaceSOAP12) && string(d.local) == local
}

func (d *decoder) expectEnvelope() error {
	if _, err := d.next(); err != nil {
		return err
	}
	d.inEnvelope = d.isSOAP("Envelope")
	if !d.inEnvelope {
		return errNotSOAP
	}
	return nil
}

// expectEnd makes sure that nothing but comments and white space follows the envelope.
func (d *decoder) expectEnd() error {
	_, err := d.next()
	return err
}

// header passes over the header blocks. One that must be understood is refused, since none is (SOAP 1.1 section 4.2.3).
func (d *decoder) header() error {
	for {
		token, err := d.next()
		switch {
		case err != nil:
			return err
		case token == tokenEnd:
			return nil
		case token == tokenText:
			continue
		}
		for _, space := range [...]namespaceID{spaceSOAP11, spaceSOAP12} {
			if d.flag(space, "mustUnderstand") {
				return &refusal{cause: CauseMustUnderstand, reason: "a header of the reply must be understood: " + clip(d.local)}
			}
		}
		if err := d.skip(); err != nil {
			return err
		}
	}
}

// body reads the one element that a body must hold.
func (d *decoder) body(p *plan, out protoreflect.Message) (fault *Fault, err error) {
	for elements := 0; ; {
		token, err := d.next()
		if err != nil {
			return nil, err
		}
		switch {
		case token == tokenEnd:
			if elements != 1 {
				return nil, &refusal{cause: CauseBodies, reason: "the body of the reply is empty"}
			}
			return fault, nil
		case token == tokenText:
			continue
		}
		if elements++; elements > 1 {
			return nil, &refusal{cause: CauseBodies, reason: "the body of the reply holds two elements"}
		}
		switch {
		case d.isSOAP("Fault"):
			fault, err = d.fault()
		case p.response.matches(d.space, d.local):
			if fault, err = d.failed(p.status); err == nil && fault == nil {
				err = d.results(p, out)
			}
		default:
			err = &refusal{cause: CauseWrongOperation, reason: "the reply is not " + p.response.local + " but " + clip(d.local)}
		}
		if err != nil {
			return nil, err
		}
	}
}

// results reads the response element into the message that it stands for.
func (d *decoder) results(p *plan, out protoreflect.Message) error {
	d.record, _ = p.layout.open(out.Interface())
	defer func() { d.record = reflect.Value{} }()
	return d.response(p, out)
}

// response reads the response element, whether the results stand in it directly or in a second wrapper.
func (d *decoder) response(p *plan, out protoreflect.Message) error {
	if len(p.results.scope.leaves) == 0 {
		return d.skip()
	}
	var room seenRoom
	seen := seenFlags(&room, p.results.scope)
	if d.isNil() {
		if err := d.skip(); err != nil {
			return err
		}
		return checkSeen(p.results.scope, seen)
	}
	if err := d.attributeValues(p.results, out, seen); err != nil {
		return err
	}
	var t text
	wrapped := false
	for {
		token, err := d.next()
		switch {
		case err != nil:
			return err
		case token == tokenEnd:
			if l := p.results.text; l != nil && !wrapped && !isBlank(t.bytes) {
				if err := d.scalar(l, &t, out, seen); err != nil {
					return err
				}
			}
			return checkSeen(p.results.scope, seen)
		case token == tokenText && p.results.text != nil:
			err = d.addText(&t)
		case token == tokenText:
		case !wrapped && p.result.matches(d.space, d.local):
			wrapped = true
			err = d.wrapped(p.results, out, seen)
		default:
			err = d.child(p.results.child(d.space, d.local), out, seen)
		}
		if err != nil {
			return err
		}
	}
}

// wrapped reads the second wrapper. One that is nil or empty holds no result.
func (d *decoder) wrapped(results *element, out protoreflect.Message, seen []bool) error {
	if d.isNil() {
		return d.skip()
	}
	if err := d.content(results, out, seen); err != nil {
		return err
	}
	l := results.text
	if l != nil && l.field.Kind() == protoreflect.StringKind && isBlank([]byte(out.Get(l.field).String())) {
		seen[l.mark] = false
	}
	return nil
}
