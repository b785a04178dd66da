package soapbridge

import "bytes"

// maxFamiliar is the length of the longest beginning that is remembered, in bytes.
const maxFamiliar = 1 << 10

// familiar is how a reply began: the XML declaration, the envelope with its namespaces, the start of the body. A server
// begins all its replies alike, and what has the same bytes need not be read again.
type familiar struct {
	data     []byte // a copy, which the names below point into
	open     []openElement
	bindings []binding
	space    namespaceID
	local    []byte
}

// recall goes to where the body has just started, if the reply begins as the one that is remembered.
func (d *decoder) recall() bool {
	f := &d.familiar
	if len(f.data) == 0 || !bytes.HasPrefix(d.data, f.data) {
		return false
	}
	d.pos, d.rootSeen, d.inEnvelope = len(f.data), true, true
	d.open, d.bindings = append(d.open, f.open...), append(d.bindings, f.bindings...)
	d.space, d.local = f.space, f.local
	return true
}

// remember keeps how the reply began, when its body has just started.
func (d *decoder) remember() {
	if d.pos > maxFamiliar || d.endPending || d.dropped > 0 {
		return
	}
	f := &d.familiar
	f.data = append(f.data[:0], d.data[:d.pos]...)
	again := scanner{open: f.open, bindings: f.bindings}
	again.reset(f.data, d.maxDepth, d.known)
	for again.pos < len(f.data) {
		if _, err := again.next(); err != nil {
			f.data = f.data[:0]
			return
		}
	}
	f.open, f.bindings, f.space, f.local = again.open, again.bindings, again.space, again.local
}
