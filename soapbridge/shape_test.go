package soapbridge

import (
	"bytes"
	"testing"
)

// TestAReplyWithManyValuesHasNoShape: there is room for some only.
func TestAReplyWithManyValuesHasNoShape(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]bool{maxBlanks: true, maxBlanks + 1: false} {
		p := &plan{results: &element{scope: &scope{}}}
		d := &decoder{scanner: scanner{data: append(append([]byte("<a>"), bytes.Repeat([]byte("<b></b>"), count)...), "</a>"...), maxDepth: 2}}
		for i := range count {
			at := len("<a>") + i*len("<b></b>") + len("<b>")
			d.places = append(d.places, place{new(leaf), at, at})
		}
		if s := p.newShape(d); (s != nil) != want {
			t.Errorf("%d values: got %v", count, s)
		}
	}
}
