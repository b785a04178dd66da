package soapbridge_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// depotSchema is a service that has nothing to do with telephones: it shows that the bridge serves any annotated schema.
func depotSchema() schema {
	const (
		boolean  = descriptorpb.FieldDescriptorProto_TYPE_BOOL
		bytes    = descriptorpb.FieldDescriptorProto_TYPE_BYTES
		int32s   = descriptorpb.FieldDescriptorProto_TYPE_INT32
		sint32   = descriptorpb.FieldDescriptorProto_TYPE_SINT32
		fixed64  = descriptorpb.FieldDescriptorProto_TYPE_FIXED64
		uint64s  = descriptorpb.FieldDescriptorProto_TYPE_UINT64
		int64s   = descriptorpb.FieldDescriptorProto_TYPE_INT64
		uint32s  = descriptorpb.FieldDescriptorProto_TYPE_UINT32
		notThere = "d:NotThere"
	)
	return schema{
		enums: []enumSpec{
			enum("Speed", value("SPEED_UNSPECIFIED", 0, ""), value("SPEED_SLOW", 1, "slow & steady"), value("SPEED_FAST", 2, "fast")),
			enum("Status", value("STATUS_UNSPECIFIED", 0, ""), value("STATUS_OK", 1, "OK"), value("STATUS_LATE", 2, "Late")),
		},
		messages: []messageSpec{
			message("Address",
				text("street", 1, at("t:Street")),
				text("country", 2, at("@country")),
				optional(text("door", 3, at("t:Door/@number"))),
			),
			message("Item",
				text("sku", 1, at("@sku")),
				field(int32s, "count", 2, at(".")),
			),
			message("ShipRequest",
				text("reference", 1, at("@ref")),
				nested("Address", "sender", 2, at("d:Sender")),
				nested("Address", "receiver", 3, at("t:Receiver")),
				repeated(nested("Item", "items", 4, at("d:Items/d:Item"))),
				repeated(text("tags", 5, at("d:Tag"))),
				choice("Speed", "speed", 6, at("d:Options/t:Speed")),
				field(boolean, "insured", 7, at("d:Options/@insured")),
				field(sint32, "priority", 8, at("d:Options/@d:priority")),
				optional(text("note", 9, at("d:Note"))),
				field(bytes, "label", 10, at("d:Label")),
				field(uint64s, "weight", 11, at("d:Weight")),
				repeated(field(uint32s, "slots", 12, at("d:Slots/t:Slot"))),
				text("elsewhere", 13, elsewhere("o:Elsewhere")),
			),
			message("ShipResponse",
				choice("Status", "status", 1, at("@status")),
				text("tracking", 2, at("d:Tracking/@t:number")),
				repeated(nested("Event", "events", 3, at("d:Events/t:Event"))),
				optional(text("eta", 4, at("d:Eta"))),
				repeated(field(int32s, "codes", 5, at("d:Code"))),
				nested("Address", "depot", 6, at("d:Depot")),
				field(boolean, "paid", 7, maybeAt("d:Paid")),
				field(bytes, "receipt", 8, at("d:Receipt")),
				field(fixed64, "total", 9, at("d:Total")),
				text("elsewhere", 10, elsewhere(notThere)),
				field(uint32s, "places", 11, maybeAt("d:Places")),
			),
			message("Event",
				field(int64s, "at", 1, at("@at")),
				text("text", 2, at(".")),
			),
			message("AskRequest",
				optional(text("question", 1, at("."))),
				optional(text("language", 2, at("@d:language"))),
			),
			message("AskResponse", text("answer", 1, at(".")), text("source", 2, maybeAt("@source"))),
			message("BareRequest", text("a", 1, at("A")), text("b", 2, at("d:B")), text("c", 3, at("t:C"))),
			message("BareResponse"),
		},
		methods: []methodSpec{
			rpc("Ship", "ShipRequest", "ShipResponse", operation("d:Ship", "d:ShipResponse", "")),
			reads(rpc("Ask", "AskRequest", "AskResponse", operation("t:Ask", "t:Answer", "d:Result"))),
			rpc("Bare", "BareRequest", "BareResponse", operation("d:Bare", "BareResponse", "")),
		},
	}
}

const depotEnvelope = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:d="urn:example:depot"` +
	` xmlns:t="urn:example:depot:types" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Body>%s</s:Body></s:Envelope>`

// TestAnotherServiceIsServedOverHTTP drives a service with messages in messages, lists, attributes, enums, optional fields
// and two namespaces over real connections. The expectations are written by hand.
func TestAnotherServiceIsServedOverHTTP(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, in, wantRequest, reply, want string
	}{
		"everything": {
			method: "Ship",
			in: `{"reference": "r&\"1\"\n", "sender": {"street": "1 <Main> St", "country": "FR", "door": ""},
				"receiver": {"street": "", "country": ""},
				"items": [{"sku": "a", "count": 2}, {"sku": "b"}], "tags": ["x", "", "z"], "speed": "SPEED_SLOW",
				"insured": true, "priority": -7, "note": "", "label": "AP+A", "weight": "18446744073709551615", "slots": [1, 0]}`,
			wantRequest: `<d:Ship ref="r&amp;&quot;1&quot;&#10;">
				<d:Sender country="FR"><t:Street>1 &lt;Main&gt; St</t:Street><t:Door number=""/></d:Sender>
				<t:Receiver country=""><t:Street></t:Street></t:Receiver>
				<d:Items><d:Item sku="a">2</d:Item><d:Item sku="b">0</d:Item></d:Items>
				<d:Tag>x</d:Tag><d:Tag></d:Tag><d:Tag>z</d:Tag>
				<d:Options insured="true" d:priority="-7"><t:Speed>slow &amp; steady</t:Speed></d:Options>
				<d:Note></d:Note><d:Label>AP+A</d:Label><d:Weight>18446744073709551615</d:Weight>
				<d:Slots><t:Slot>1</t:Slot><t:Slot>0</t:Slot></d:Slots></d:Ship>`,
			reply: `<d:ShipResponse status="Late"><d:Code>3</d:Code><d:Tracking t:number="1Z" number="no"/>
				<d:Events><t:Event at="-9223372036854775808">left</t:Event><d:Event at="1">other namespace</d:Event><t:Event at="7"/></d:Events>
				<d:Eta>soon</d:Eta><d:Code> -4 </d:Code>
				<d:Depot country="DE"><t:Street> Hafen </t:Street></d:Depot><d:Paid>1</d:Paid>
				<d:Receipt> AP+
				A </d:Receipt><d:Total>+5</d:Total><d:Places> +4294967295 </d:Places></d:ShipResponse>`,
			want: `{"status": "STATUS_LATE", "tracking": "1Z", "events": [{"at": "-9223372036854775808", "text": "left"}, {"at": "7"}],
				"eta": "soon", "codes": [3, -4], "depot": {"street": " Hafen ", "country": "DE"}, "paid": true,
				"receipt": "AP+A", "total": "5", "places": 4294967295}`,
		},
		"default values are written, absence only of what is optional": {
			method: "Ship",
			in:     `{"speed": "SPEED_FAST"}`,
			wantRequest: `<d:Ship ref=""><d:Items></d:Items><d:Options insured="false" d:priority="0"><t:Speed>fast</t:Speed></d:Options>
				<d:Label></d:Label><d:Weight>0</d:Weight><d:Slots></d:Slots></d:Ship>`,
			reply: `<d:ShipResponse status="OK"><d:Tracking t:number=""/><d:Receipt/><d:Total>0</d:Total></d:ShipResponse>`,
			want:  `{"status": "STATUS_OK"}`,
		},
		"attributes of the request's own namespace": {
			method:      "Ask",
			in:          `{"question": " why? ", "language": "fr"}`,
			wantRequest: `<t:Ask d:language="fr"> why? </t:Ask>`,
			reply:       `<t:Answer source="b"><d:Result>because</d:Result></t:Answer>`,
			want:        `{"answer": "because", "source": "b"}`,
		},
		"optional text left out": {
			method:      "Ask",
			in:          `{}`,
			wantRequest: `<t:Ask></t:Ask>`,
			reply:       `<t:Answer><d:Result source="a"> &#x41; </d:Result></t:Answer>`,
			want:        `{"answer": " A ", "source": "a"}`,
		},
		"one wrapper": {
			method: "Ask", in: `{}`, wantRequest: `<t:Ask></t:Ask>`,
			reply: `<t:Answer> spaced </t:Answer>`,
			want:  `{"answer": " spaced "}`,
		},
		"elements in no namespace": {
			method: "Bare", in: `{"a": "1", "b": "2", "c": "3"}`,
			wantRequest: `<d:Bare><A>1</A><d:B>2</d:B><t:C>3</t:C></d:Bare>`,
			reply:       `<BareResponse/>`,
			want:        `{}`,
		},
	}
	service := depotSchema().service(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := service.Methods().ByName(protoreflect.Name(test.method))
			space := map[string]string{"Ask": "urn:example:depot:types"}[test.method]
			if space == "" {
				space = "urn:example:depot"
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if action := r.Header.Get("SOAPAction"); action != fmt.Sprintf("%q", space+"/"+test.method) {
					t.Errorf("got SOAPAction %s", action)
				}
				if d := xmltree.Diff(got, fmt.Appendf(nil, depotEnvelope, test.wantRequest)); d != "" {
					t.Errorf("%s\nin %s", d, got)
				}
				w.Header().Set("Content-Type", "text/xml")
				fmt.Fprintf(w, depotEnvelope, test.reply)
			}))
			defer server.Close()
			got, err := depotBridge(t, service, server.URL).Invoke(t.Context(), method, fromJSON(t, method.Input(), test.in))
			if err != nil {
				t.Fatal(err)
			}
			if want := fromJSON(t, method.Output(), test.want); !proto.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func depotBridge(t *testing.T, service protoreflect.ServiceDescriptor, url string) *soapbridge.Bridge {
	t.Helper()
	client, err := transport.New(transport.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	bridge, err := soapbridge.New(depotDialect(), client, []protoreflect.ServiceDescriptor{service})
	if err != nil {
		t.Fatal(err)
	}
	return bridge
}

func fromJSON(t *testing.T, message protoreflect.MessageDescriptor, text string) proto.Message {
	t.Helper()
	m := dynamicpb.NewMessage(message)
	if err := protojson.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestValuesThatCannotBeWrittenAreRefusedByField: nothing is sent.
func TestValuesThatCannotBeWrittenAreRefusedByField(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, field, says string }{
		"control character":           {`{"speed": "SPEED_FAST", "tags": ["a", "b\u0001"]}`, "tags", "U+0001"},
		"control character deep":      {`{"speed": "SPEED_FAST", "sender": {"street": "\u001f"}}`, "street", "U+001F"},
		"control character attribute": {`{"speed": "SPEED_FAST", "reference": "\u0000"}`, "reference", "U+0000"},
		"noncharacter":                {`{"speed": "SPEED_FAST", "note": "\uffff"}`, "note", "U+FFFF"},
		"unspecified enum":            {`{}`, "speed", "0 is not a value of Speed"},
		"unknown enum":                {`{"speed": 99}`, "speed", "99 is not a value of Speed"},
		"no place in this dialect":    {`{"speed": "SPEED_FAST", "elsewhere": "x"}`, "elsewhere", "no place"},
	}
	service := depotSchema().service(t)
	method := service.Methods().ByName("Ship")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := always(nil)
			bridge, err := soapbridge.New(depotDialect(), b, []protoreflect.ServiceDescriptor{service})
			if err != nil {
				t.Fatal(err)
			}
			_, err = bridge.Invoke(t.Context(), method, fromJSON(t, method.Input(), test.in))
			failure := failureOf(t, err)
			if failure.Kind != soapbridge.KindRequest || failure.Field != test.field || !strings.Contains(failure.Error(), test.says) {
				t.Errorf("got %v in field %q, want field %q and %q", failure, failure.Field, test.field, test.says)
			}
			if len(b.requests) != 0 {
				t.Errorf("%d requests were sent", len(b.requests))
			}
		})
	}
}

// TestRenamesSpellOneElementDifferently: in requests only, and in start and end tags alike.
func TestRenamesSpellOneElementDifferently(t *testing.T) {
	t.Parallel()
	dialect := depotDialect()
	dialect.Renames = map[string]string{"B": "b", "Bare": "bare", "A": "a"}
	b := always(func() *transport.Reply { return xmlReply(http.StatusOK, fmt.Sprintf(depotEnvelope, "<BareResponse/>")) })
	service := depotSchema().service(t)
	bridge, err := soapbridge.New(dialect, b, []protoreflect.ServiceDescriptor{service})
	if err != nil {
		t.Fatal(err)
	}
	method := service.Methods().ByName("Bare")
	if _, err := bridge.Invoke(t.Context(), method, fromJSON(t, method.Input(), `{"a": "1", "b": "2", "c": "3"}`)); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(depotEnvelope, `<d:bare><a>1</a><d:b>2</d:b><t:C>3</t:C></d:bare>`)
	if d := xmltree.Diff([]byte(b.requests[0].body), []byte(want)); d != "" {
		t.Error(d)
	}
	if action := b.requests[0].action; action != "urn:example:depot/bare" {
		t.Errorf("got SOAPAction %s", action)
	}
}

// TestResultsInsideMessagesAreCheckedToo: each message has its own required fields, and its own first of what is repeated.
func TestResultsInsideMessagesAreCheckedToo(t *testing.T) {
	t.Parallel()
	const head, tail = `<d:ShipResponse status="OK">`, `<d:Receipt/><d:Total>0</d:Total></d:ShipResponse>`
	const tracking = `<d:Tracking t:number="1"/>`
	tests := map[string]struct {
		reply, want  string
		cause, field string
	}{
		"first message wins":           {reply: head + tracking + `<d:Depot country="A"><t:Street>a</t:Street></d:Depot><d:Depot country="B"><t:Street>b</t:Street></d:Depot>` + tail, want: `{"status": "STATUS_OK", "tracking": "1", "depot": {"street": "a", "country": "A"}}`},
		"first element wins":           {reply: head + `<d:Tracking/>` + tracking + tail, cause: soapbridge.CauseMissing, field: "tracking"},
		"first list wins":              {reply: head + tracking + `<d:Events><t:Event at="1">a</t:Event></d:Events><d:Events><t:Event at="2">b</t:Event></d:Events>` + tail, want: `{"status": "STATUS_OK", "tracking": "1", "events": [{"at": "1", "text": "a"}]}`},
		"nil in a list":                {reply: head + tracking + `<d:Events><t:Event xsi:nil="true"/><t:Event at="2">b</t:Event></d:Events><d:Code xsi:nil="true"/><d:Code>5</d:Code>` + tail, want: `{"status": "STATUS_OK", "tracking": "1", "events": [{"at": "2", "text": "b"}], "codes": [5]}`},
		"message nil":                  {reply: head + tracking + `<d:Depot xsi:nil="true"/>` + tail, want: `{"status": "STATUS_OK", "tracking": "1"}`},
		"missing in a message":         {reply: head + tracking + `<d:Depot country="A"/>` + tail, cause: soapbridge.CauseMissing, field: "street"},
		"missing in a message of many": {reply: head + tracking + `<d:Events><t:Event at="1"/><t:Event/></d:Events>` + tail, cause: soapbridge.CauseMissing, field: "at"},
		"no number in an attribute":    {reply: head + tracking + `<d:Events><t:Event at="1.0"/></d:Events>` + tail, cause: soapbridge.CauseValue, field: "at"},
		"number beyond 64 bits":        {reply: head + tracking + `<d:Events><t:Event at="9223372036854775808"/></d:Events>` + tail, cause: soapbridge.CauseValue, field: "at"},
		"number beyond 32 bits":        {reply: head + tracking + `<d:Code>2147483648</d:Code>` + tail, cause: soapbridge.CauseValue, field: "codes"},
		"number that is none":          {reply: head + tracking + `<d:Code/>` + tail, cause: soapbridge.CauseValue, field: "codes"},
		"number in hex":                {reply: head + tracking + `<d:Code>0x10</d:Code>` + tail, cause: soapbridge.CauseValue, field: "codes"},
		"number with underscores":      {reply: head + tracking + `<d:Code>1_0</d:Code>` + tail, cause: soapbridge.CauseValue, field: "codes"},
		"number below zero":            {reply: head + tracking + `<d:Receipt/><d:Total>-1</d:Total></d:ShipResponse>`, cause: soapbridge.CauseValue, field: "total"},
		"number beyond unsigned":       {reply: head + tracking + `<d:Receipt/><d:Total>0</d:Total><d:Places>4294967296</d:Places></d:ShipResponse>`, cause: soapbridge.CauseValue, field: "places"},
		"base64 that is none":          {reply: head + tracking + `<d:Receipt>A</d:Receipt><d:Total>0</d:Total></d:ShipResponse>`, cause: soapbridge.CauseValue, field: "receipt"},
		"attribute in a namespace":     {reply: `<d:ShipResponse d:status="OK">` + tracking + tail, cause: soapbridge.CauseMissing, field: "status"},
		"attribute with a reference":   {reply: `<d:ShipResponse status="&#79;K">` + `<d:Tracking t:number="a` + "\t\r\nb" + `&#9;&amp;"/>` + tail, want: `{"status": "STATUS_OK", "tracking": "a  b\t&"}`},
		"attribute broken":             {reply: `<d:ShipResponse status="&bogus;">` + tracking + tail, cause: ""},
	}
	service := depotSchema().service(t)
	method := service.Methods().ByName("Ship")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := always(func() *transport.Reply { return xmlReply(http.StatusOK, fmt.Sprintf(depotEnvelope, test.reply)) })
			bridge, err := soapbridge.New(depotDialect(), b, []protoreflect.ServiceDescriptor{service})
			if err != nil {
				t.Fatal(err)
			}
			got, err := bridge.Invoke(t.Context(), method, fromJSON(t, method.Input(), `{"speed": "SPEED_FAST"}`))
			if test.want != "" {
				if want := fromJSON(t, method.Output(), test.want); err != nil || !proto.Equal(got, want) {
					t.Errorf("got %v, %v, want %v", got, err, want)
				}
				return
			}
			inner := failureOf(t, failureOf(t, err).Err) // the operation must not be repeated: its outcome is unknown
			if inner.Cause != test.cause || test.field != "" && !strings.Contains(inner.Error(), "."+test.field) {
				t.Errorf("got %v, want %s of %s", inner, test.cause, test.field)
			}
		})
	}
}

// TestNamespacesAreEscaped: a namespace may hold any character that a URI may, and what people write beyond that.
func TestNamespacesAreEscaped(t *testing.T) {
	t.Parallel()
	dialect := depotDialect()
	dialect.Forms[0].Namespaces["d"] = `urn:"d"?a&<b>`
	answer := fmt.Sprintf(depotEnvelope, `<BareResponse/>`)
	b := always(func() *transport.Reply { return xmlReply(http.StatusOK, answer) })
	service := depotSchema().service(t)
	bridge, err := soapbridge.New(dialect, b, []protoreflect.ServiceDescriptor{service})
	if err != nil {
		t.Fatal(err)
	}
	method := service.Methods().ByName("Bare")
	if _, err := bridge.Invoke(t.Context(), method, fromJSON(t, method.Input(), `{}`)); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(fmt.Sprintf(depotEnvelope, `<d:Bare><A/><d:B/><t:C/></d:Bare>`), "urn:example:depot", "urn:&quot;d&quot;?a&amp;&lt;b&gt;", 1)
	if d := xmltree.Diff([]byte(b.requests[0].body), []byte(want)); d != "" {
		t.Error(d)
	}
}

// TestInvalidUTF8IsRefusedByField: a message that was made in this process may hold it.
func TestInvalidUTF8IsRefusedByField(t *testing.T) {
	t.Parallel()
	service := depotSchema().service(t)
	method := service.Methods().ByName("Ask")
	b := always(nil)
	bridge, err := soapbridge.New(depotDialect(), b, []protoreflect.ServiceDescriptor{service})
	if err != nil {
		t.Fatal(err)
	}
	m := dynamicpb.NewMessage(method.Input())
	m.Set(method.Input().Fields().ByName("question"), protoreflect.ValueOfString("a\xff"))
	_, err = bridge.Invoke(t.Context(), method, m)
	failure := failureOf(t, err)
	if failure.Field != "question" || !strings.Contains(failure.Error(), "not valid utf-8") || len(b.requests) != 0 {
		t.Errorf("got %v after %d requests", failure, len(b.requests))
	}
}
