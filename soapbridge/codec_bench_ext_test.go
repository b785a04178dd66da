package soapbridge_test

import (
	"encoding/xml"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/vectors"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// The same messages for encoding/xml.
type (
	xmlRequest[T any] struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    struct {
			Content T
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	xmlDisconnect struct {
		XMLName xml.Name `xml:"https://schemas.microsoft.com/exchange/services/2006/messages Disconnect"`
		CallID  string   `xml:"CallId"`
	}
	xmlPlayOnPhone struct {
		XMLName    xml.Name `xml:"https://schemas.microsoft.com/exchange/services/2006/messages PlayOnPhone"`
		EntryID    string   `xml:"entryId"`
		DialString string   `xml:"DialString"`
	}
	xmlResponse[T any] struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    struct {
			Response T
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	xmlDisconnectReply struct {
		XMLName xml.Name `xml:"http://schemas.microsoft.com/exchange/services/2006/messages DisconnectResponse"`
	}
	xmlCallInfoReply struct {
		XMLName    xml.Name `xml:"http://schemas.microsoft.com/exchange/services/2006/messages GetCallInfoResponse"`
		CallState  string   `xml:"GetCallInfoResponse>CallState"`
		EventCause string   `xml:"GetCallInfoResponse>EventCause"`
	}
	xmlPropertiesReply struct {
		XMLName xml.Name `xml:"http://schemas.microsoft.com/exchange/services/2006/messages GetUMPropertiesResponse"`
		Result  struct {
			OofStatus                     bool
			MissedCallNotificationEnabled bool
			PlayOnPhoneDialString         string
			TelephoneAccessNumbers        string
			TelephoneAccessFolderEmail    string
		} `xml:"GetUMPropertiesResponse"`
	}
)

const (
	benchCallID = "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="
	benchItem   = "AAAAAJ2kW7/Zp+hPuM+XlL8mG1gHAC+0t8cJ/0RAoC9vQ2FsbCBtZQ=="
	benchNumber = "+1 (425) 555-0123"
)

func inEnvelope[T any](content T) (r xmlRequest[T]) {
	r.Body.Content = content
	return r
}

type codecCase struct {
	method  string
	request proto.Message
	xml     any
	fresh   func() any // what encoding/xml reads the reply into
}

func codecCases() []codecCase {
	return []codecCase{
		{"Disconnect", &umv1.DisconnectRequest{CallId: benchCallID},
			inEnvelope(xmlDisconnect{CallID: benchCallID}), func() any { return new(xmlResponse[xmlDisconnectReply]) }},
		{"PlayOnPhone", &umv1.PlayOnPhoneRequest{EntryId: benchItem, DialString: benchNumber},
			inEnvelope(xmlPlayOnPhone{EntryID: benchItem, DialString: benchNumber}), nil},
		{"GetCallInfo", nil, nil, func() any { return new(xmlResponse[xmlCallInfoReply]) }},
		{"GetUMProperties", nil, nil, func() any { return new(xmlResponse[xmlPropertiesReply]) }},
	}
}

// BenchmarkEncode compares writing a request with what encoding/xml does for the same message.
func BenchmarkEncode(b *testing.B) {
	bridge := newUMBridge(b, &backend{})
	for _, c := range codecCases() {
		if c.request == nil {
			continue
		}
		codec := bridge.Codec(umMethod(b, c.method))
		b.Run(c.method+"/bridge", func(b *testing.B) {
			b.ReportAllocs()
			var buffer []byte
			for b.Loop() {
				var err error
				if buffer, err = codec.Encode(buffer[:0], c.request); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.method+"/encoding_xml", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := xml.Marshal(c.xml); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// replyTo is the golden reply of an operation, as ASP.NET writes it and the transport hands it on.
func replyTo(tb testing.TB, method string) *transport.Reply {
	tb.Helper()
	operations, err := vectors.Load("umws")
	if err != nil {
		tb.Fatal(err)
	}
	for _, o := range operations {
		if o.Name != method {
			continue
		}
		for _, r := range o.Replies {
			if (r.Variant == "" || r.Variant == "asmx") && strings.Contains(string(r.Envelope), vectors.NamespaceHTTP) {
				return xmlReply(http.StatusOK, string(r.Envelope))
			}
		}
	}
	tb.Fatalf("no reply to %s", method)
	return nil
}

// BenchmarkDecode compares reading a reply with what encoding/xml does for the same message.
func BenchmarkDecode(b *testing.B) {
	bridge := newUMBridge(b, &backend{})
	for _, c := range codecCases() {
		if c.fresh == nil {
			continue
		}
		codec, reply := bridge.Codec(umMethod(b, c.method)), replyTo(b, c.method)
		b.Run(c.method+"/bridge", func(b *testing.B) {
			b.ReportAllocs()
			var read proto.Message
			for b.Loop() {
				var err error
				if read, err = codec.Decode(reply); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(keeps(read), "kept/op")
		})
		b.Run(c.method+"/encoding_xml", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := xml.Unmarshal(reply.Body, c.fresh()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// keeps is how many objects a message consists of: those that a copy is made of, and the texts, which it shares.
func keeps(m proto.Message) float64 {
	texts := 0
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() == protoreflect.StringKind && value.String() != "" {
			texts++
		}
		return true
	})
	return testing.AllocsPerRun(100, func() { proto.Clone(m) }) + float64(texts)
}

// TestTheComparisonReadsAndWritesTheSame keeps the benchmarks honest: encoding/xml must understand what it is given.
func TestTheComparisonReadsAndWritesTheSame(t *testing.T) {
	t.Parallel()
	bridge := newUMBridge(t, &backend{})
	for _, c := range codecCases() {
		if c.request != nil {
			ours, err := bridge.Codec(umMethod(t, c.method)).Encode(nil, c.request)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := xml.Marshal(c.xml)
			if err != nil {
				t.Fatal(err)
			}
			if d := xmltree.Diff(theirs, ours); d != "" {
				t.Errorf("%s: %s", c.method, d)
			}
		}
		if c.fresh != nil {
			read := c.fresh()
			if err := xml.Unmarshal(replyTo(t, c.method).Body, read); err != nil {
				t.Fatal(err)
			}
			if response := reflect.ValueOf(read).Elem().FieldByName("Body").Field(0); response.IsZero() {
				t.Errorf("%s: encoding/xml found nothing in the reply", c.method)
			}
		}
	}
}
