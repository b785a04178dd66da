package exchangesim

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var fuzzSeeds = []string{
	``, `<a/>`, `<a`, `<a></b>`, `<p:a xmlns:p="urn:p"/>`, `<p:a/>`, `<a b="1" b="2"/>`, `<a>&lt;<![CDATA[<]]>&#65;</a>`,
	`<?xml version="1.0" encoding="utf-8"?><!-- x --><a xml:lang="en"><?y z?></a>`, `<!DOCTYPE a><a/>`, `<a/><a/>`, "\xEF\xBB\xBF<a/>",
	`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><Disconnect xmlns="` + namespaceHTTPS +
		`"><CallId>` + DocumentedCallID + `</CallId></Disconnect></soap:Body></soap:Envelope>`,
	`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">` +
		`<s:Header><t:RequestServerVersion Version="Exchange2010"/></s:Header><s:Body><PlayOnPhone xmlns="` + namespaceHTTP +
		`"><ItemId Id="A"/><DialString>1</DialString></PlayOnPhone></s:Body></s:Envelope>`,
}

// FuzzParseDocument holds the reader against encoding/xml with its own name spaces: what the reader takes, encoding/xml takes
// too and understands in the same way. The other way round it is stricter on purpose.
func FuzzParseDocument(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := parseDocument(document)
		if err != nil {
			if root != nil {
				t.Fatal("there is a document and an error")
			}
			return
		}
		var got, want strings.Builder
		show(&got, root)
		decoder := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(document, []byte("\xEF\xBB\xBF"))))
		if err := walk(&want, decoder); err != nil {
			t.Fatalf("encoding/xml refuses it: %v", err)
		}
		if got.String() != want.String() {
			t.Fatalf("got\n%s\nwant\n%s", got.String(), want.String())
		}
	})
}

// show writes the names of a tree, and the texts of its leaves.
func show(b *strings.Builder, n *node) {
	b.WriteString("<{" + n.name.Space + "}" + n.name.Local)
	for _, a := range n.attributes {
		b.WriteString(" {" + a.Name.Space + "}" + a.Name.Local + "=" + a.Value)
	}
	b.WriteString(">")
	for _, child := range n.children {
		show(b, child)
	}
	b.WriteString(n.text + "</>")
}

func walk(b *strings.Builder, decoder *xml.Decoder) error {
	texts := []string{""}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			b.WriteString("<{" + t.Name.Space + "}" + t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
					b.WriteString(" {" + a.Name.Space + "}" + a.Name.Local + "=" + a.Value)
				}
			}
			b.WriteString(">")
			texts = append(texts, "")
		case xml.EndElement:
			b.WriteString(texts[len(texts)-1] + "</>")
			texts = texts[:len(texts)-1]
		case xml.CharData:
			texts[len(texts)-1] += string(t)
		}
	}
}

// FuzzServe wants every reply to be empty or XML, whatever is asked, and nothing to be carried out unless it is answered 200.
func FuzzServe(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(false, namespaceHTTPS+"/Disconnect", []byte(seed))
		f.Add(true, "", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, ews bool, action string, body []byte) {
		s, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		path := ServicePath
		if ews {
			path = EWSPath
		}
		r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
		r.Header.Set("Content-Type", "text/xml")
		r.Header.Set("SOAPAction", action)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		switch {
		case w.Code == http.StatusBadRequest && w.Body.Len() == 0 && !ews:
		case w.Code != http.StatusOK && w.Code != http.StatusInternalServerError:
			t.Fatalf("got %d", w.Code)
		default:
			if _, err := parseDocument(w.Body.Bytes()); err != nil {
				t.Fatalf("the reply is not XML: %v: %s", err, w.Body)
			}
		}
		for operation, n := range s.executed {
			if n != 0 && w.Code != http.StatusOK {
				t.Fatalf("%s was carried out and answered %d", operation, w.Code)
			}
		}
	})
}

// FuzzArgument wants every text that XML can carry to come back as it was sent.
func FuzzArgument(f *testing.F) {
	for _, seed := range []string{"", " ", "4255550123", "<&>\"'", "a\r\nb\tc", "]]>", "é€𝄞", "\uFFFD", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var escaped bytes.Buffer
		if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
			t.Fatal(err)
		}
		s, err := New(Config{Scheme: "http"})
		if err != nil {
			t.Fatal(err)
		}
		post := func(operation, children string) string {
			envelope := `<e:Envelope xmlns:e="` + namespaceSOAP + `"><e:Body><` + operation + ` xmlns="` + namespaceHTTP + `">` + children +
				`</` + operation + `></e:Body></e:Envelope>`
			r := httptest.NewRequest(http.MethodPost, ServicePath, strings.NewReader(envelope))
			r.Header.Set("Content-Type", "text/xml")
			r.Header.Set("SOAPAction", namespaceHTTP+"/"+operation)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Fatalf("%s got %d: %s", operation, w.Code, w.Body)
			}
			return w.Body.String()
		}
		post("SetPlayOnPhoneDialString", "<dialString>"+escaped.String()+"</dialString>")
		var reply struct {
			Text string `xml:"Body>GetUMPropertiesResponse>GetUMPropertiesResponse>PlayOnPhoneDialString"`
		}
		if err := xml.Unmarshal([]byte(post("GetUMProperties", "")), &reply); err != nil {
			t.Fatal(err)
		}
		var want struct {
			Text string `xml:",chardata"` // with what XML cannot carry replaced, as EscapeText does
		}
		if err := xml.Unmarshal([]byte("<a>"+escaped.String()+"</a>"), &want); err != nil {
			t.Fatal(err)
		}
		if reply.Text != want.Text {
			t.Fatalf("got %q, want %q", reply.Text, want.Text)
		}
	})
}
