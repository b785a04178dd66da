package soapbridge_test

import (
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/vectors"
)

// TestAReplyIsReadTheSameWhateverCameBefore has one decoder read two replies: what it remembers of the first must not show
// in how it reads the second.
func TestAReplyIsReadTheSameWhateverCameBefore(t *testing.T) {
	t.Parallel()
	operations, err := vectors.Load("umws")
	if err != nil {
		t.Fatal(err)
	}
	bridge := newUMBridge(t, &backend{})
	for _, o := range operations {
		var replies [][]byte
		for _, r := range o.Replies {
			replies = append(replies, r.Envelope)
		}
		for _, f := range o.Faults {
			replies = append(replies, f.Envelope)
		}
		replies = append(replies, odd(string(replies[0]))...)
		codec := bridge.Codec(umMethod(t, o.Name))
		for i, second := range replies {
			want := codec.Replies(second)
			for j, first := range replies {
				if got := codec.Replies(first, second, second); got != want {
					t.Errorf("%s: after reply %d, reply %d was read as\n%s\nwant\n%s", o.Name, j, i, got, want)
				}
			}
		}
	}
}

// odd makes other documents of a reply, most of which begin as it does.
func odd(reply string) (documents [][]byte) {
	head, rest, _ := strings.Cut(reply, "Body>")
	head += "Body>"
	for _, document := range []string{
		head, head + "<", head + rest + "<a/>", head + "<a/>" + rest, head + strings.ReplaceAll(rest, "Body>", "Other>"),
		head + "</x>", "<!-- -->" + reply, strings.Replace(reply, "Body>", "Body a='1'>", 1), strings.Replace(reply, "Body>", "Body/>", 1),
		strings.Replace(reply, "Envelope", "Envelope xmlns:b='u&#0;'", 1), strings.Replace(reply, "Envelope", "Envelope b='<'", 1),
		strings.Replace(reply, "schemas.xmlsoap.org", "schemas.xmlsoap&#46;org", 1), head + head + rest, " " + reply, reply + "\x00",
		strings.ReplaceAll(reply, "2006/messages", "2006/other"), strings.Replace(reply, "Body>", "Header/>"+"<x>", 1),
	} {
		documents = append(documents, []byte(document))
	}
	return documents
}
