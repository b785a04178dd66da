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

func TestAWordIsPlainIfEachOfItsBytesIs(t *testing.T) {
	t.Parallel()
	for at := range wordBytes {
		for c := range 256 {
			for _, other := range []byte{' ', 'A', '~', '=', 0x7F, '\'', '?'} {
				word := bytes.Repeat([]byte{other}, wordBytes)
				word[at] = byte(c)
				if got, want := isPlainWord(string(word)), c < utf8.RuneSelf && !escapeByte[c]; got != want {
					t.Errorf("%q: got %t, want %t", word, got, want)
				}
			}
		}
	}
}
