package soapbridge_test

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// FuzzDecode: whatever a server answers, reading it ends without a panic, in a result that can be passed on or in an error
// that says what kind it is, and neither is larger than what was read allows.
func FuzzDecode(f *testing.F) {
	rpcs := []string{"PlayOnPhone", "GetCallInfo", "GetUMProperties", "IsUMEnabled", "Disconnect", "ResetPIN"}
	for _, operation := range loadVectors(f) {
		for i, rpc := range rpcs {
			if rpc != operation.Name {
				continue
			}
			for _, reply := range operation.Replies {
				f.Add(byte(i), 200, "text/xml; charset=utf-8", "", reply.Envelope)
				f.Add(byte(i), 200, "text/xml", "gzip", zipped(reply.Envelope))
			}
			for _, fault := range operation.Faults {
				f.Add(byte(i), 500, "text/xml; charset=utf-8", "", fault.Envelope)
			}
		}
	}
	f.Add(byte(1), 502, "text/html", "", []byte("<!DOCTYPE html><html>"))
	f.Add(byte(2), 200, "text/xml; charset=windows-1252", "", windows1252(frenchFault("windows-1252")))
	f.Add(byte(3), 200, "text/xml; charset=utf-16", "", []byte("\xFF\xFE<\x00a\x00/\x00>\x00"))
	f.Add(byte(0), 200, "multipart/related; boundary=b", "", []byte("--b\r\n\r\n"+envelope(`<m:PlayOnPhoneResponse>x</m:PlayOnPhoneResponse>`)+"\r\n--b--"))
	f.Add(byte(0), 200, "text/xml", "", []byte(envelope(`<m:PlayOnPhoneResponse xsi:nil="0"><![CDATA[a]]>&#0;</m:PlayOnPhoneResponse>`)))
	const limit = 64 << 10
	var reply *transport.Reply
	b := &backend{answer: func(*transport.Request) (*transport.Reply, error) { return reply, nil }}
	bridge := newUMBridge(f, b, soapbridge.WithForm("https"), soapbridge.WithLimits(soapbridge.Limits{ReplyBytes: limit}))
	f.Fuzz(func(t *testing.T, index byte, status int, contentType, contentEncoding string, body []byte) {
		rpc := rpcs[int(index)%len(rpcs)]
		reply = &transport.Reply{
			Status: status, Body: body,
			Header: http.Header{"Content-Type": {contentType}, "Content-Encoding": {contentEncoding}},
		}
		b.requests = nil
		out, err := bridge.Invoke(t.Context(), umMethod(t, rpc), requestOf(t, rpc))
		if err != nil {
			checkFailure(t, rpc, failureOf(t, err))
			return
		}
		if _, err := proto.Marshal(out); err != nil || proto.Size(out) > limit {
			t.Errorf("got a result of %d bytes, %v", proto.Size(out), err)
		}
		if id, ok := out.(*umv1.PlayOnPhoneResponse); ok && strings.Trim(id.GetCallId(), " \t\r\n") == "" {
			t.Error("got a call without an id")
		}
	})
}

func checkFailure(t *testing.T, rpc string, failure *soapbridge.Error) {
	t.Helper()
	if len(failure.Error()) > 2000 {
		t.Errorf("the error has %d bytes", len(failure.Error()))
	}
	if f := failure.Fault; f != nil {
		for _, name := range f.Names() {
			if name == "" || len(name) > 100 || !utf8.ValidString(name) {
				t.Errorf("the fault has the name %q", name)
			}
		}
		if m := f.Message(); len(m) > 200 || !utf8.ValidString(m) || strings.ContainsAny(m, "\r\n") {
			t.Errorf("the fault has the message %q", m)
		}
		return
	}
	switch failure.Kind {
	case soapbridge.KindReplyRefused, soapbridge.KindNotSOAP, soapbridge.KindEmpty, soapbridge.KindRedirect, soapbridge.KindUnavailable:
		if rpc == "PlayOnPhone" || rpc == "ResetPIN" {
			t.Errorf("got %v for an operation whose outcome is unknown", failure.Kind)
		}
	case soapbridge.KindInternal, soapbridge.KindRequest, soapbridge.KindUnsupported:
		t.Errorf("got %v for what a server answered", failure)
	}
}

// FuzzRoundTrip: a value that is sent is what an independent parser reads, in text and in an attribute; a value that an
// independent writer puts into a reply is what the caller gets; and what is refused cannot be written in XML.
func FuzzRoundTrip(f *testing.F) {
	for _, seed := range []string{
		"", " ", "a/b+c==", "<&>\"'", "]]>", "\t\r\n\r", "é𝄞", "\x00", "\x1f", "\uFFFD", "\uFFFE", "\xff", "a\xed\xa0\x80", "&lt;&#65;", "<!--", "\u0085\u2028",
	} {
		f.Add(seed, seed)
	}
	service := depotSchema().service(f)
	ask := service.Methods().ByName("Ask")
	question, language := ask.Input().Fields().ByName("question"), ask.Input().Fields().ByName("language")
	answer, source := ask.Output().Fields().ByName("answer"), ask.Output().Fields().ByName("source")
	var reply *transport.Reply
	b := &backend{answer: func(*transport.Request) (*transport.Reply, error) { return reply, nil }}
	bridge, err := soapbridge.New(depotDialect(), b, []protoreflect.ServiceDescriptor{service})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, attribute string) {
		reply, b.requests = xmlReply(http.StatusOK, answerOf(t, text, attribute)), nil
		in := dynamicpb.NewMessage(ask.Input())
		in.Set(question, protoreflect.ValueOfString(text))
		in.Set(language, protoreflect.ValueOfString(attribute))
		out, err := bridge.Invoke(t.Context(), ask, in)
		if possible := isXMLText(text) && isXMLText(attribute); !possible {
			if err == nil || failureOf(t, err).Kind != soapbridge.KindRequest || len(b.requests) > 0 {
				t.Fatalf("got %v, want %q and %q to be refused", err, text, attribute)
			}
			return
		}
		checkAsked(t, b, text, attribute)
		if strings.Trim(text, " \t\r\n") == "" {
			if failureOf(t, err).Cause != soapbridge.CauseMissing {
				t.Errorf("got %v, want a blank answer to be missing", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := out.ProtoReflect().Get(answer).String(); got != text {
			t.Errorf("got the text %q, want %q", got, text)
		}
		if got := out.ProtoReflect().Get(source).String(); got != attribute {
			t.Errorf("got the attribute %q, want %q", got, attribute)
		}
	})
}

// checkAsked reads with encoding/xml what was sent.
func checkAsked(t *testing.T, b *backend, text, attribute string) {
	t.Helper()
	if len(b.requests) != 1 {
		t.Fatalf("got %d requests, want 1", len(b.requests))
	}
	root, err := xmltree.Parse([]byte(b.requests[0].body))
	if err != nil {
		t.Fatal(err)
	}
	asked := root.Find("Body", "Ask")
	if asked.Text != text {
		t.Errorf("sent the text %q, want %q", asked.Text, text)
	}
	if got := asked.Attributes[xml.Name{Space: "urn:example:depot", Local: "language"}]; got != attribute {
		t.Errorf("sent the attribute %q, want %q", got, attribute)
	}
}

// answerOf writes a reply with encoding/xml.
func answerOf(t *testing.T, text, attribute string) string {
	t.Helper()
	escaped := func(value string) string {
		var b bytes.Buffer
		if err := xml.EscapeText(&b, []byte(value)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><t:Answer xmlns:t="urn:example:depot:types" source="` +
		escaped(attribute) + `"><Result xmlns="urn:example:depot">` + escaped(text) + `</Result></t:Answer></s:Body></s:Envelope>`
}

// isXMLText tells by encoding/xml whether a string can be written in XML 1.0: it puts U+FFFD for what cannot.
func isXMLText(value string) bool {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(value)); err != nil {
		return false
	}
	return strings.Count(b.String(), "\uFFFD") == strings.Count(value, "\uFFFD")
}
