package soapbridge

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/vectors"
)

// FuzzPath: a path that is accepted says the same when it is written again, and a mistake stands inside the path.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		".", "m:CallId", "m:PhoneCallId/@Id", "@a:b", "a/b/c", "", "/", "a//b", "@a/b", "m:", ":a", "a:b:c", "é", "a b", "./a", "@@",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		steps, err := parsePath(path)
		if err != nil {
			var wrong *PathError
			if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset > len(path) {
				t.Fatalf("%q: got %#v", path, err)
			}
			return
		}
		written := make([]string, len(steps))
		for i, s := range steps {
			if s.attribute && i < len(steps)-1 {
				t.Errorf("%q: an attribute before the last step", path)
			}
			written[i] = writeStep(s)
		}
		if again := strings.Join(written, "/"); again != path && !(path == "." && again == "") {
			t.Errorf("%q was read as %q", path, again)
		}
	})
}

func writeStep(s step) string {
	text := s.local
	if s.prefix != "" {
		text = s.prefix + ":" + text
	}
	if s.attribute {
		text = "@" + text
	}
	return text
}

// FuzzScanner compares the scanner with encoding/xml: a document that both accept has the same elements and the same text
// for both, and one that encoding/xml accepts is refused only for reasons that it does not look at.
func FuzzScanner(f *testing.F) {
	operations, err := vectors.Load("umws")
	if err != nil {
		f.Fatal(err)
	}
	for _, operation := range operations {
		for _, reply := range operation.Replies {
			f.Add(reply.Envelope)
		}
		for _, fault := range operation.Faults {
			f.Add(fault.Envelope)
		}
	}
	for _, seed := range []string{
		"<a>&lt;&#65;&#x41;<![CDATA[<b>]]>\r\n\r<!-- - --><?p ?></a>", "<a b='1' c=\"2\"/>", `<a xmlns="u"><b xmlns=""/></a>`,
		"<p:a xmlns:p='u' p:b=''></p:a>", "<a/><b/>", "<a><b></a></b>", " <a/> ", "<a>]]></a>", "<é/>", "<!DOCTYPE a><a/>", "<a b='\t&#10;'/>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		ours, ourErr := scanAll(document)
		theirs, theirErr := decodeAll(document)
		switch {
		case theirErr != nil:
		case ourErr == nil && !slices.Equal(ours, theirs):
			t.Errorf("got\n%q, encoding/xml reads\n%q", ours, theirs)
		case ourErr != nil && !isStricter(ourErr):
			t.Errorf("encoding/xml reads %q, got %v", theirs, ourErr)
		}
	})
}

// isStricter tells whether encoding/xml does not look at what an error is about.
func isStricter(err error) bool {
	var refused *refusal
	if errors.As(err, &refused) || errors.Is(err, errNotSOAP) {
		return true
	}
	for _, reason := range []string{
		"written twice", "no space before", "stray colon", "outside the root", "unknown markup declaration", "document ends early",
		"reference to an unknown entity", "ampersand", // both in attributes that are never asked for, or too long
		"a tag without a name",
	} {
		if strings.Contains(err.Error(), reason) {
			return true
		}
	}
	return false
}

// scanAll writes a document as its start tags, end tags and texts. Texts that follow each other are one.
func scanAll(document []byte) ([]string, error) {
	var s scanner
	s.reset(document, 64, nil)
	var events []string
	var text []byte
	for {
		token, err := s.next()
		if err != nil {
			return nil, err
		}
		if token == tokenText {
			if s.plain {
				text = append(text, s.text...)
			} else if text, err = s.appendDecoded(text, s.text); err != nil {
				return nil, err
			}
			continue
		}
		if len(text) > 0 {
			events = append(events, string(text))
			text = text[:0]
		}
		switch token {
		case tokenStart:
			events = append(events, "<"+string(s.local))
		case tokenEnd:
			events = append(events, ">")
		case tokenEOF:
			return events, nil
		}
	}
}

// decodeAll is scanAll by encoding/xml. Text outside the root element is left out.
func decodeAll(document []byte) ([]string, error) {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	var events []string
	var text strings.Builder
	depth := 0
	flush := func() {
		if text.Len() > 0 && depth > 0 {
			events = append(events, text.String())
		}
		text.Reset()
	}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			flush()
			depth++
			events = append(events, "<"+token.Name.Local)
		case xml.EndElement:
			flush()
			depth--
			events = append(events, ">")
		case xml.CharData:
			text.Write(token)
		}
	}
}
