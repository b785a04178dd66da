package soapbridge

import "fmt"

// ResponseStatus says how servers of a dialect report failure in the response element itself, with HTTP 200 and without a
// fault. The bridge reads such a response as a fault.
type ResponseStatus struct {
	// Attribute is the name, in no namespace, of the attribute that tells success from failure. A response without it is
	// refused. Required.
	Attribute string
	// Failure is the attribute's value in a failed response; any other means success. Required.
	Failure string
	// Text is the local name of the element with the description for people. Optional.
	Text string
}

func (s *ResponseStatus) validate(dialect string) error {
	if s != nil && (!isNCName(s.Attribute) || s.Failure == "") {
		return fmt.Errorf("dialect %q: the response status needs an attribute and the value that means failure", dialect)
	}
	return nil
}

// failed reads the status of the response element just started. If it reports a failure, the whole element is read as a
// fault.
func (d *decoder) failed(s *ResponseStatus) (*Fault, error) {
	if s == nil {
		return nil, nil
	}
	raw, found := d.attribute(spaceNone, s.Attribute)
	if !found {
		return nil, &refusal{cause: CauseMissing, reason: "the reply lacks the attribute " + s.Attribute}
	}
	value, err := d.appendAttribute(nil, raw)
	if err != nil || string(trimSpace(value)) != s.Failure {
		return nil, err
	}
	f := &Fault{HasDetail: true}
	for depth := d.depth(); d.depth() >= depth; {
		token, err := d.next()
		if err != nil {
			return nil, err
		}
		if token != tokenStart {
			continue
		}
		if s.Text != "" && string(d.local) == s.Text {
			err = d.faultText(f)
		} else {
			err = d.faultDetailElement(f)
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}
