package exchangesim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"unicode/utf16"
)

// HTMLPage is what a proxy or a web server's error page looks like.
func HTMLPage(status int) Misbehaviour {
	page := fmt.Sprintf("<!DOCTYPE html>\r\n<html><head><title>%d</title></head><body><h1>Server Error</h1></body></html>", status)
	return Misbehaviour{Unexecuted: true, Status: status, Body: &page, Header: map[string]string{"Content-Type": "text/html"}}
}

// Empty is a reply without a body.
func Empty(status int) Misbehaviour {
	empty := ""
	return Misbehaviour{Unexecuted: true, Status: status, Body: &empty}
}

// UTF16 turns a reply into UTF-16, little-endian, with a byte order mark. The header still says UTF-8, unless Header says
// otherwise.
func UTF16(body []byte) []byte {
	out := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(declare(body, "utf-16"))) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}

// Latin1 turns a reply into ISO-8859-1. Characters that it lacks become character references. The header still says UTF-8,
// unless Header says otherwise.
func Latin1(body []byte) []byte {
	var out []byte
	for _, r := range declare(body, "iso-8859-1") {
		if r < 0x100 {
			out = append(out, byte(r))
		} else {
			out = fmt.Appendf(out, "&#%d;", r)
		}
	}
	return out
}

// declare changes the charset in the XML declaration.
func declare(body []byte, charset string) string {
	return strings.Replace(string(body), "utf-8", charset, 1)
}

// Gzip compresses a reply. The header does not say so, unless Header does.
func Gzip(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(body)
	w.Close()
	return out.Bytes()
}

// BOM puts the UTF-8 byte order mark before a reply.
func BOM(body []byte) []byte { return append([]byte("\xEF\xBB\xBF"), body...) }

// OneWrapper takes the second wrapper out of a reply, as some published examples show it.
func OneWrapper(operation string) func([]byte) []byte {
	open, end := "<"+operation+"Response>", "</"+operation+"Response>"
	return func(body []byte) []byte {
		return []byte(strings.Replace(strings.Replace(string(body), open, "", 1), end, "", 1))
	}
}
