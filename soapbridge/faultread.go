package soapbridge

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
)

// fault reads the fault just started. Elements are recognised by their local names alone: servers write them in any
// namespace and in none.
func (d *decoder) fault() (*Fault, error) {
	f := &Fault{}
	err := d.eachChild(func(local string) error {
		switch local {
		case "faultcode": // SOAP 1.1 section 4.4
			return d.dottedCode(f)
		case "faultstring":
			return d.faultText(f)
		case "Code": // SOAP 1.2 part 1 section 5.4.1
			return d.faultCodes(f)
		case "Reason":
			return d.eachChild(func(string) error { return d.faultText(f) })
		case "detail", "Detail":
			return d.faultDetail(f)
		}
		return d.skip()
	})
	return f, err
}

// eachChild calls do for each child of the element just started; do reads the child to its end.
func (d *decoder) eachChild(do func(local string) error) error {
	for {
		token, err := d.next()
		switch {
		case err != nil:
			return err
		case token == tokenEnd:
			return nil
		case token == tokenStart:
			if err := do(string(d.local)); err != nil {
				return err
			}
		}
	}
}

// dottedCode reads a code of SOAP 1.1, where a dot separates one of the four standard codes from what refines it (section
// 4.4.1). Any other code may hold dots of its own.
func (d *decoder) dottedCode(f *Fault) error {
	value, err := d.simpleText()
	code := localPart(value)
	if class, rest, dotted := strings.Cut(code, "."); dotted {
		switch class {
		case "VersionMismatch", "MustUnderstand", "Client", "Server":
			f.Codes = append(f.Codes, class)
			code = rest
		}
	}
	if code != "" {
		f.Codes = append(f.Codes, code)
	}
	return err
}

func (d *decoder) faultCode(f *Fault) error {
	value, err := d.simpleText()
	if code := localPart(value); code != "" {
		f.Codes = append(f.Codes, code)
	}
	return err
}

// faultCodes reads Code, and the Subcodes nested in it, outermost first.
func (d *decoder) faultCodes(f *Fault) error {
	return d.eachChild(func(local string) error {
		switch local {
		case "Value":
			return d.faultCode(f)
		case "Subcode":
			return d.faultCodes(f)
		}
		return d.skip()
	})
}

// faultText keeps the first text: SOAP 1.2 repeats it for each language.
func (d *decoder) faultText(f *Fault) error {
	value, err := d.simpleText()
	if f.Text == "" {
		f.Text = value
	}
	return err
}

// faultDetail looks through the whole detail for the names that Exchange puts there, at whatever depth.
func (d *decoder) faultDetail(f *Fault) error {
	for depth := d.depth(); d.depth() >= depth; {
		token, err := d.next()
		if err != nil {
			return err
		}
		switch token {
		case tokenText:
			f.HasDetail = f.HasDetail || !isBlank(d.scanner.text)
		case tokenStart:
			f.HasDetail = true
			if err := d.faultDetailElement(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) faultDetailElement(f *Fault) error {
	var name *string
	switch string(d.local) {
	case "ExceptionType":
		name = &f.ExceptionType
	case "ResponseCode":
		name = &f.ResponseCode
	case "Value":
		if key, _ := d.attribute(spaceNone, "Name"); string(key) != "BackOffMilliseconds" {
			return nil
		}
		value, err := d.simpleText()
		// A number that is out of range is taken as the largest.
		ms, convErr := strconv.ParseInt(localPart(value), 10, 32)
		if ms > 0 && (convErr == nil || errors.Is(convErr, strconv.ErrRange)) {
			f.BackOff = time.Duration(ms) * time.Millisecond
		}
		return err
	default:
		return nil
	}
	value, err := d.simpleText()
	if *name == "" {
		*name = localPart(value)
	}
	return err
}

// simpleText reads the text of the element just started to its end, leaving out elements inside it.
func (d *decoder) simpleText() (string, error) {
	var t text
	for {
		token, err := d.next()
		switch {
		case err != nil:
			return "", err
		case token == tokenEnd:
			return string(t.bytes), nil
		case token == tokenText:
			err = d.addText(&t)
		default:
			err = d.skip()
		}
		if err != nil {
			return "", err
		}
	}
}

// localPart drops the prefix of a qualified name and the white space around it, and cuts what is longer than any name.
func localPart(name string) string {
	text := trimSpace([]byte(name))
	if i := bytes.LastIndexByte(text, ':'); i >= 0 {
		text = text[i+1:]
	}
	return clip(text)
}
