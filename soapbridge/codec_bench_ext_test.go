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

// other writes a message with other values, of the same length for the most part: a benchmark that took turns with nothing would
// also praise a codec that remembers the message before.
var other = strings.NewReplacer("MDlkZj", "QUJDRE", "AAAAAJ2k", "AAAAAKx7", "555-0", "555-9", "5550", "5559",
	"Alerted", "Connected", "None", "Other", ">true<", ">false<", ">false<", ">true<", "LgAAAACd", "LgAAAACx")

func inEnvelope[T any](content T) (r xmlRequest[T]) {
	r.Body.Content = content
	return r
}

type codecCase struct {
	method   string
	requests []proto.Message // they are written in turn
	xml      []any
	fresh    func() any // what encoding/xml reads the reply into
}

func codecCases() []codecCase {
	c := []codecCase{
		{method: "Disconnect", fresh: func() any { return new(xmlResponse[xmlDisconnectReply]) }},
		{method: "PlayOnPhone"},
		{method: "GetCallInfo", fresh: func() any { return new(xmlResponse[xmlCallInfoReply]) }},
		{method: "GetUMProperties", fresh: func() any { return new(xmlResponse[xmlPropertiesReply]) }},
	}
	for _, write := range []func(string) string{func(value string) string { return value }, other.Replace} {
		id, item, number := write(benchCallID), write(benchItem), write(benchNumber)
		c[0].requests = append(c[0].requests, &umv1.DisconnectRequest{CallId: id})
		c[0].xml = append(c[0].xml, inEnvelope(xmlDisconnect{CallID: id}))
		c[1].requests = append(c[1].requests, &umv1.PlayOnPhoneRequest{EntryId: item, DialString: number})
		c[1].xml = append(c[1].xml, inEnvelope(xmlPlayOnPhone{EntryID: item, DialString: number}))
	}
	return c
}

// BenchmarkEncode compares writing a request with what encoding/xml does for the same message.
func BenchmarkEncode(b *testing.B) {
	bridge := newUMBridge(b, &backend{})
	for _, c := range codecCases() {
		if c.requests == nil {
			continue
		}
		codec := bridge.Codec(umMethod(b, c.method))
		b.Run(c.method+"/bridge", func(b *testing.B) {
			b.ReportAllocs()
			var buffer []byte
			for i := 0; b.Loop(); i++ {
				var err error
				if buffer, err = codec.Encode(buffer[:0], c.requests[i%2]); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.method+"/encoding_xml", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := xml.Marshal(c.xml[i%2]); err != nil {
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

// repliesTo are the golden reply and one with other values, which are read in turn.
func repliesTo(tb testing.TB, method string) [2]*transport.Reply {
	tb.Helper()
	reply := replyTo(tb, method)
	return [2]*transport.Reply{reply, xmlReply(http.StatusOK, other.Replace(string(reply.Body)))}
}

// BenchmarkDecode compares reading a reply with what encoding/xml does for the same message.
func BenchmarkDecode(b *testing.B) {
	bridge := newUMBridge(b, &backend{})
	for _, c := range codecCases() {
		if c.fresh == nil {
			continue
		}
		codec, replies := bridge.Codec(umMethod(b, c.method)), repliesTo(b, c.method)
		b.Run(c.method+"/bridge", func(b *testing.B) {
			b.ReportAllocs()
			var read proto.Message
			for i := 0; b.Loop(); i++ {
				var err error
				if read, err = codec.Decode(replies[i%2]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(keeps(read), "kept/op")
		})
		b.Run(c.method+"/encoding_xml", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := xml.Unmarshal(replies[i%2].Body, c.fresh()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkScan is about replies that have no known shape: the first, those that are written in an unusual way, and faults.
func BenchmarkScan(b *testing.B) {
	bridge := newUMBridge(b, &backend{})
	for _, method := range []string{"Disconnect", "GetCallInfo", "GetUMProperties"} {
		codec, replies := bridge.Codec(umMethod(b, method)), repliesTo(b, method)
		b.Run(method, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				codec.Unlearn()
				if _, err := codec.Decode(replies[i%2]); err != nil {
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

// TestTheMessagesOfTheComparisonDiffer keeps the benchmarks honest: no answer from before fits the next message.
func TestTheMessagesOfTheComparisonDiffer(t *testing.T) {
	t.Parallel()
	bridge := newUMBridge(t, &backend{})
	for _, method := range []string{"GetCallInfo", "GetUMProperties"} {
		codec, replies := bridge.Codec(umMethod(t, method)), repliesTo(t, method)
		first, second := codec.Outcome(replies[0]), codec.Outcome(replies[1])
		if first == second || !codec.Recognises(t, string(replies[1].Body)) {
			t.Errorf("%s: read %s and %s", method, first, second)
		}
	}
	for _, c := range codecCases() {
		if c.requests != nil && proto.Equal(c.requests[0], c.requests[1]) {
			t.Errorf("%s: the requests are the same", c.method)
		}
	}
}

// TestTheComparisonReadsAndWritesTheSame keeps the benchmarks honest: encoding/xml must understand what it is given.
func TestTheComparisonReadsAndWritesTheSame(t *testing.T) {
	t.Parallel()
	bridge := newUMBridge(t, &backend{})
	for _, c := range codecCases() {
		for i, request := range c.requests {
			ours, err := bridge.Codec(umMethod(t, c.method)).Encode(nil, request)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := xml.Marshal(c.xml[i])
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
