package exchangesim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The limits of a document. Honest requests stay far below them.
const (
	maxElements   = 10_000
	maxDepth      = 128
	maxAttributes = 64 // of one element
)

// node is an element of a document.
type node struct {
	name       xml.Name
	attributes []xml.Attr // without the declarations of namespaces
	text       string     // its own character data, put together and not trimmed
	children   []*node
}

// child returns the first child of a name, or nil.
func (n *node) child(name xml.Name) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// attribute returns an attribute's value, and whether it is there.
func (n *node) attribute(name xml.Name) (value string, found bool) {
	for _, a := range n.attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// parseDocument reads a document of XML 1.0 with namespaces. encoding/xml finds the tokens; what it lets pass and .NET
// does not is refused here: undeclared prefixes, repeated attributes, a second root, text beside the root, a document type.
func parseDocument(text []byte) (*node, error) {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	p := parser{decoder: xml.NewDecoder(bytes.NewReader(text))}
	for {
		start := p.decoder.InputOffset()
		token, err := p.decoder.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return p.finish()
		case err != nil:
			return nil, err
		}
		if err := p.take(token, start); err != nil {
			return nil, fmt.Errorf("%w, at byte %d", err, start)
		}
	}
}

type parser struct {
	decoder *xml.Decoder
	root    *node
	open    []frame
	scope   []binding
	count   int
}

// frame is an element that has begun and not ended.
type frame struct {
	node  *node
	raw   xml.Name // as it is written, to compare with the end tag
	scope int      // how many bindings were in scope outside
	text  []byte
}

type binding struct{ prefix, namespace string }

func (p *parser) finish() (*node, error) {
	if p.root == nil || len(p.open) > 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return p.root, nil
}

func (p *parser) take(token xml.Token, start int64) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.startElement(t)
	case xml.EndElement:
		return p.endElement(t)
	case xml.CharData:
		return p.characters(t)
	case xml.ProcInst:
		if t.Target == "xml" && start > 0 {
			return errors.New("the XML declaration is not at the beginning")
		}
	case xml.Directive:
		return errors.New("a document type is not allowed")
	}
	return nil
}

func (p *parser) startElement(t xml.StartElement) error {
	p.count++
	switch {
	case p.root != nil && len(p.open) == 0:
		return errors.New("there is more than one root element")
	case p.count > maxElements || len(p.open) == maxDepth || len(t.Attr) > maxAttributes:
		return errors.New("the document is too large")
	}
	outside := len(p.scope)
	if err := p.declare(t.Attr); err != nil {
		return err
	}
	n, err := p.element(t)
	if err != nil {
		return err
	}
	if p.root == nil {
		p.root = n
	} else {
		parent := p.open[len(p.open)-1].node
		parent.children = append(parent.children, n)
	}
	p.open = append(p.open, frame{node: n, raw: t.Name, scope: outside})
	return nil
}

func (p *parser) element(t xml.StartElement) (*node, error) {
	name, err := p.expand(t.Name, p.lookup(""))
	if err != nil {
		return nil, err
	}
	n := &node{name: name}
	for _, a := range t.Attr {
		if _, declares := declaration(a.Name); declares {
			continue
		}
		name, err := p.expand(a.Name, "")
		if err != nil {
			return nil, err
		}
		if _, repeated := n.attribute(name); repeated {
			return nil, fmt.Errorf("attribute %q is repeated", a.Name.Local)
		}
		n.attributes = append(n.attributes, xml.Attr{Name: name, Value: a.Value})
	}
	return n, nil
}

func (p *parser) endElement(t xml.EndElement) error {
	last := len(p.open) - 1
	if last < 0 || p.open[last].raw != t.Name {
		return fmt.Errorf("end tag %q fits no start tag", t.Name.Local)
	}
	f := p.open[last]
	f.node.text = string(f.text)
	p.open, p.scope = p.open[:last], p.scope[:f.scope]
	return nil
}

func (p *parser) characters(t xml.CharData) error {
	if last := len(p.open) - 1; last >= 0 {
		p.open[last].text = append(p.open[last].text, t...)
		return nil
	}
	if strings.Trim(string(t), " \t\r\n") != "" {
		return errors.New("there is text outside the root element")
	}
	return nil
}

// declaration tells whether an attribute declares a namespace, and for which prefix.
func declaration(name xml.Name) (prefix string, declares bool) {
	switch {
	case name.Space == "xmlns":
		return name.Local, true
	case name.Space == "" && name.Local == "xmlns":
		return "", true
	}
	return "", false
}

func (p *parser) declare(attributes []xml.Attr) error {
	outside := len(p.scope)
	for _, a := range attributes {
		prefix, declares := declaration(a.Name)
		if !declares {
			continue
		}
		if prefix != "" && a.Value == "" {
			return fmt.Errorf("prefix %q is declared empty", prefix)
		}
		for _, b := range p.scope[outside:] {
			if b.prefix == prefix {
				return fmt.Errorf("prefix %q is declared twice", prefix)
			}
		}
		p.scope = append(p.scope, binding{prefix, a.Value})
	}
	return nil
}

// expand replaces a name's prefix by its namespace, or by the given one if it has no prefix.
func (p *parser) expand(name xml.Name, unprefixed string) (xml.Name, error) {
	if name.Space == "" {
		return xml.Name{Space: unprefixed, Local: name.Local}, nil
	}
	namespace := p.lookup(name.Space)
	if namespace == "" {
		return xml.Name{}, fmt.Errorf("'%s' is an undeclared namespace", name.Space)
	}
	return xml.Name{Space: namespace, Local: name.Local}, nil
}

func (p *parser) lookup(prefix string) string {
	for i := len(p.scope) - 1; i >= 0; i-- {
		if p.scope[i].prefix == prefix {
			return p.scope[i].namespace
		}
	}
	if prefix == "xml" {
		return "http://www.w3.org/XML/1998/namespace"
	}
	return ""
}
