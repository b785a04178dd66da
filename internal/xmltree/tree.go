// Package xmltree compares XML documents as namespaced trees, for tests.
//
// Two documents are equal if their elements have the same names in the same namespaces, in the same order, with the same
// attributes and the same text. Prefixes, the order of attributes, comments, processing instructions, the spelling of
// characters, and white space around elements are of no account. White space in an element without children counts.
//
// It reads with encoding/xml and shares no code with the bridge, so that one mistake cannot cancel out on both sides.
package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Node is one element.
type Node struct {
	Name       xml.Name
	Attributes map[xml.Name]string // without namespace declarations
	Children   []*Node
	Text       string // all text directly inside the element; empty if it is blank and there are children
}

// Parse reads a whole document. It must have exactly one root element.
func Parse(document []byte) (*Node, error) {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	above := &Node{}
	open := []*Node{above}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("xmltree: %w", err)
		}
		last := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			node := newNode(t)
			last.Children = append(last.Children, node)
			open = append(open, node)
		case xml.EndElement:
			last.settle()
			open = open[:len(open)-1]
		case xml.CharData:
			last.Text += string(t)
		}
	}
	if len(above.Children) != 1 || strings.TrimSpace(above.Text) != "" {
		return nil, errors.New("xmltree: want one root element and nothing beside it")
	}
	return above.Children[0], nil
}

func newNode(start xml.StartElement) *Node {
	node := &Node{Name: start.Name, Attributes: map[xml.Name]string{}}
	for _, a := range start.Attr {
		if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
			node.Attributes[a.Name] = a.Value
		}
	}
	return node
}

// settle drops the white space with which a document is laid out.
func (n *Node) settle() {
	if len(n.Children) > 0 && strings.TrimSpace(n.Text) == "" {
		n.Text = ""
	}
}

// Find returns the element at the end of a path of local names below n, the first where several match; nil if there is
// none.
func (n *Node) Find(path ...string) *Node {
	for _, local := range path {
		var next *Node
		for _, child := range n.Children {
			if child.Name.Local == local {
				next = child
				break
			}
		}
		if next == nil {
			return nil
		}
		n = next
	}
	return n
}
