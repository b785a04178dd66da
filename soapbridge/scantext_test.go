package soapbridge

import (
	"bytes"
	"testing"
	"unicode/utf8"
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

func TestATextIsPlainIfEachOfItsBytesIs(t *testing.T) {
	t.Parallel()
	if !isPlain("") {
		t.Error("an empty text is not plain")
	}
	for _, other := range []byte{' ', 'A', '~', '=', 0x7F, '\'', '?'} {
		for at := range 3 * wordBytes {
			for c := range 256 {
				text := bytes.Repeat([]byte{other}, 3*wordBytes)
				text[at] = byte(c)
				want := c < utf8.RuneSelf && !escapeByte[c]
				for length := at + 1; length <= len(text); length++ {
					if got := isPlain(text[:length]); got != want || isPlain(string(text[:length])) != want {
						t.Errorf("%q: got %t, want %t", text[:length], got, want)
					}
				}
			}
		}
	}
}
