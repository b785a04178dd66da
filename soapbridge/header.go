package soapbridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// HeaderElement is an element in the SOAP header of requests (SOAP 1.1 section 4.2), or inside such an element.
type HeaderElement struct {
	// Name is the element's name with one of the dialect's prefixes, for instance "t:RequestServerVersion".
	Name string
	// Attribute is the name of its one attribute, in no namespace; empty if it has none.
	Attribute string
	// Value is the attribute's value, or without an attribute the element's text.
	Value string
	// Children stand after the text.
	Children []HeaderElement
}

// WithHeader has the bridge ask, for each call, what else belongs into the header of its requests, beside what the dialect
// says. An error ends the call with KindStopped, before anything is sent. By default nothing does.
func WithHeader(header func(context.Context) ([]HeaderElement, error)) Option {
	return func(b *Bridge) error {
		if header == nil {
			return errors.New("the function for the header is missing")
		}
		b.header = header
		return nil
	}
}

// headerOf asks for the header of a call, and writes it.
func (b *Bridge) headerOf(ctx context.Context, p *plan, form int) ([]byte, error) {
	if b.header == nil {
		return nil, nil
	}
	elements, err := b.header(ctx)
	if err != nil {
		return nil, &Error{Operation: p.operation, Kind: KindStopped, Err: err}
	}
	header, err := b.dialect.appendHeader(nil, b.dialect.Forms[form], elements)
	if err != nil {
		return nil, &Error{Operation: p.operation, Kind: KindStopped, Err: err}
	}
	return header, nil
}

// appendHeader appends elements of the header in one of the dialect's forms. Each declares the prefixes that it uses.
func (d Dialect) appendHeader(dst []byte, form Form, elements []HeaderElement) ([]byte, error) {
	var err error
	for _, e := range elements {
		if dst, err = d.appendHeaderElement(dst, form, e, ""); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func (d Dialect) appendHeaderElement(dst []byte, form Form, e HeaderElement, declared string) (_ []byte, err error) {
	name, err := parseElementName(e.Name)
	if err != nil {
		return dst, fmt.Errorf("header %q: %w", e.Name, err)
	}
	namespace, known := form.Namespaces[name.prefix]
	if !known {
		return dst, fmt.Errorf("header %q: the dialect has no such prefix", e.Name)
	}
	dst = append(append(dst, '<'), e.Name...)
	if name.prefix != declared {
		dst = append(dst, xmlns("xmlns:"+name.prefix, namespace)...)
	}
	reason := ""
	if e.Attribute != "" {
		dst = append(append(append(dst, ' '), e.Attribute...), '=', '"')
		dst, reason = appendEscaped(dst, e.Value, true)
		dst = append(dst, '"', '>')
	} else {
		dst, reason = appendEscaped(append(dst, '>'), e.Value, false)
	}
	if reason != "" {
		return dst, fmt.Errorf("header %q: the value %s", e.Name, reason)
	}
	for _, child := range e.Children {
		if dst, err = d.appendHeaderElement(dst, form, child, name.prefix); err != nil {
			return dst, err
		}
	}
	return append(append(append(dst, "</"...), e.Name...), '>'), nil
}

// validateHeader reports a header that cannot be written.
func (d Dialect) validateHeader() error {
	var errs []error
	for _, form := range d.Forms {
		if _, err := d.appendHeader(nil, form, d.Header); err != nil {
			errs = append(errs, fmt.Errorf("dialect %q: form %q: %w", d.Name, form.Name, err))
		}
		errs = append(errs, d.validateAttributes(d.Header)...)
	}
	return errors.Join(errs...)
}

func (d Dialect) validateAttributes(elements []HeaderElement) (errs []error) {
	for _, e := range elements {
		if e.Attribute != "" && (!isNCName(e.Attribute) || strings.HasPrefix(strings.ToLower(e.Attribute), "xml")) {
			errs = append(errs, fmt.Errorf("dialect %q: header %q: %q cannot be an attribute", d.Name, e.Name, e.Attribute))
		}
		errs = append(errs, d.validateAttributes(e.Children)...)
	}
	return errs
}
