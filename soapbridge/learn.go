package soapbridge

import (
	"bytes"
	"regexp"
	"slices"

	"google.golang.org/protobuf/proto"
)

// place is where a value stood in a reply: its text and nothing else, right before an end tag. One that was written in another
// way, as an attribute or in pieces, stands nowhere. A field that is not in the layout has none.
type place struct {
	leaf     *leaf
	from, to int
}

// note remembers where the value stood that was just read. An element that is written <x/> has no place for one.
func (d *decoder) note(l *leaf, t *text) {
	if l.index == nowhere || len(d.places) > maxBlanks || !t.owned && d.data[d.pos-2] == '/' {
		return
	}
	tag := bytes.LastIndexByte(d.data[:d.pos], '<')
	p := place{leaf: l, from: tag - len(t.bytes), to: tag}
	if t.owned || len(t.bytes) > 0 && t.end != tag {
		p.from = nowhere
	}
	d.places = append(d.places, p)
}

// How many of the replies that have no known shape are learned from: the first few, and then one now and again, in case a server
// was replaced. For the others it is only counted.
const (
	firstLessons = 64
	lessonEvery  = 1024
)

// learn makes a shape of the reply that was just read into out. It is kept only if it reads that reply as the decoder did.
func (p *plan) learn(d *decoder, out proto.Message) {
	if n := p.shapes.other.Add(1); n > firstLessons && n%lessonEvery != 0 {
		return
	}
	s := p.newShape(d)
	if s == nil || !s.reads(p, d.data, out) {
		return
	}
	known := p.shapes.known.Load()
	var all []*shape
	if known != nil {
		all = (*known)[:min(len(*known), maxShapes-1)]
	}
	for _, other := range all {
		if other.reads(p, d.data, out) {
			return // learned meanwhile, by another call
		}
	}
	all = slices.Concat([]*shape{s}, all)
	p.shapes.known.CompareAndSwap(known, &all)
}

// newShape returns nil for a reply that no shape can be made of.
func (p *plan) newShape(d *decoder) *shape {
	if d.dropped > 0 || len(d.unknown) > 0 || len(d.places) > maxBlanks {
		return nil
	}
	var pieces [][]byte
	from := 0
	for _, place := range d.places {
		if place.from < from {
			return nil
		}
		pieces = append(pieces, d.data[from:place.from])
		from = place.to
	}
	pieces = append(pieces, d.data[from:])
	if !d.isEmptyOfData(bytes.Join(pieces, nil)) {
		return nil
	}
	s := &shape{start: string(pieces[0])}
	for i, place := range d.places {
		needed := place.leaf.alone || place.leaf == p.results.text
		s.blanks = append(s.blanks, blank{leaf: place.leaf, needed: needed, after: string(pieces[i+1])})
	}
	return s
}

// usualDeclaration is an XML declaration in which nobody has a choice (XML 1.0 section 2.8), but for the way of writing it.
var usualDeclaration = regexp.MustCompile(`^<\?xml\s+version\s*=\s*["']1\.0["'](\s+encoding\s*=\s*["'](?i:utf-8)["'])?` +
	`(\s+standalone\s*=\s*["'](yes|no)["'])?\s*\?>`)

// isEmptyOfData tells whether a document consists of tags and white space: what is remembered of a reply must hold nothing that
// may be confidential. So it has no text, no attributes but namespaces, no comments and no processing instructions but the usual
// XML declaration.
func (d *decoder) isEmptyOfData(document []byte) bool {
	instruction := bytes.LastIndex(document, []byte("<?"))
	if len(document) > maxShape || bytes.Contains(document, []byte("<!")) || instruction > 0 ||
		instruction == 0 && !usualDeclaration.Match(document) {
		return false
	}
	var s scanner
	s.reset(document, d.maxDepth, d.known)
	for {
		token, err := s.next()
		switch {
		case err != nil:
			return false
		case token == tokenEOF:
			return true
		case token == tokenText && !isBlank(s.text):
			return false
		case token == tokenStart && slices.ContainsFunc(s.attributes, func(a attribute) bool { return !a.declares() }):
			return false
		}
	}
}

// reads tells whether a shape reads a reply as it was read.
func (s *shape) reads(p *plan, body []byte, out proto.Message) bool {
	again := p.output.New().Interface()
	record, opened := p.layout.open(again)
	var values [maxBlanks][]byte
	return opened && s.cut(body, &values) && s.set(record, &values) && proto.Equal(again, out)
}
