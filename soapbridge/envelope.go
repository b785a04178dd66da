package soapbridge

import (
	"maps"
	"slices"
	"strings"
)

const (
	envelopeHead = `<?xml version="1.0" encoding="utf-8"?>` +
		`<soap:Envelope xmlns:soap="` + namespaceSOAP11 + `">`
	headerHead   = `<soap:Header>`
	headerTail   = `</soap:Header>`
	bodyHead     = `<soap:Body>`
	envelopeTail = `</soap:Body></soap:Envelope>`
)

// envelope is what surrounds the content of a request in one namespace form.
type envelope struct {
	action string // the value of SOAPAction, without quotes
	header string // the elements that stand in every header
	head   string // the body up to and including the request element's name and namespaces, without the ">"
	tail   string
	front  string // all of that up to the template's first blank, for a call without a header of its own
}

// naming decides how the names in one request are written. The request element's namespace is the default one, as in the
// documents of Exchange, unless an element in no namespace stands below it.
type naming struct {
	dialect  Dialect
	prefix   string          // of the request element
	prefixed bool            // elements in the request element's namespace carry its prefix
	elements map[string]bool // prefixes of elements
	declared map[string]bool // prefixes to declare
}

func newNaming(d Dialect, request *element) *naming {
	n := &naming{dialect: d, prefix: d.prefixOf(request.space), elements: map[string]bool{}, declared: map[string]bool{}}
	n.collect(request)
	for prefix := range n.elements {
		if n.prefixed || prefix != n.prefix {
			n.declared[prefix] = true
		}
	}
	return n
}

// collect notes the prefixes of the element and of all below it.
func (n *naming) collect(e *element) {
	if e.space == spaceNone {
		n.prefixed = true
	} else {
		n.elements[n.dialect.prefixOf(e.space)] = true
	}
	for _, a := range e.attributes {
		// An attribute without a prefix is in no namespace, whatever the default one is.
		if a.space != spaceNone {
			n.declared[n.dialect.prefixOf(a.space)] = true
		}
	}
	for _, c := range e.children {
		n.collect(c)
	}
}

// spell writes the tags of the element and of all below it, as a request has them.
func (n *naming) spell(e *element) {
	name := n.dialect.spelling(e.local)
	if prefix := n.dialect.prefixOf(e.space); prefix != "" && (n.prefixed || prefix != n.prefix) {
		name = prefix + ":" + name
	}
	e.startTag, e.endTag = "<"+name, "</"+name+">"
	for _, a := range e.attributes {
		name := n.dialect.spelling(a.local)
		if a.space != spaceNone {
			name = n.dialect.prefixOf(a.space) + ":" + name
		}
		a.startText = " " + name + `="`
	}
	for _, c := range e.children {
		n.spell(c)
	}
}

// envelope writes what surrounds the content of the request, whose tags were spelt before.
func (n *naming) envelope(form Form, request *element) envelope {
	namespace := form.Namespaces[n.prefix]
	var head strings.Builder
	head.WriteString(bodyHead + request.startTag)
	if !n.prefixed {
		head.WriteString(xmlns("xmlns", namespace))
	}
	for _, prefix := range slices.Sorted(maps.Keys(n.declared)) {
		head.WriteString(xmlns("xmlns:"+prefix, form.Namespaces[prefix]))
	}
	header, _ := n.dialect.appendHeader(nil, form, n.dialect.Header) // validated before
	front := envelopeHead
	if len(header) > 0 {
		front += headerHead + string(header) + headerTail
	}
	return envelope{
		header: string(header),
		action: strings.TrimSuffix(namespace, "/") + "/" + n.dialect.spelling(request.local),
		head:   head.String(),
		tail:   envelopeTail,
		front:  front + head.String(),
	}
}

func xmlns(name, namespace string) string {
	escaped, _ := appendEscaped(nil, namespace, true)
	return " " + name + `="` + string(escaped) + `"`
}

// prefixOf is the prefix that stands for a namespace; empty for none.
func (d Dialect) prefixOf(space namespaceID) string {
	if space == spaceNone {
		return ""
	}
	return d.prefixes()[space-spaceDialect]
}

func (d Dialect) spelling(local string) string {
	if renamed, found := d.Renames[local]; found {
		return renamed
	}
	return local
}
