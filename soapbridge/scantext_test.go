package soapbridge

import (
	"bytes"
	"testing"
)

func TestCleanDataHasNoCharacterBelowTheSpace(t *testing.T) {
	t.Parallel()
	for length := range 40 {
		if !isClean(bytes.Repeat([]byte("~"), length)) {
			t.Errorf("%d printable characters are not clean", length)
		}
		for at := range length {
			for c := range 256 {
				data := bytes.Repeat([]byte{0xFF, ' ', 0x80}, 14)[:length]
				data[at] = byte(c)
				if got, want := isClean(data), c >= ' '; got != want {
					t.Errorf("byte %#x at %d of %d: clean is %v", c, at, length, got)
				}
			}
		}
	}
}
