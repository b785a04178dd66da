package soapbridge_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	soapbridgev1 "github.com/umgateway/umgateway/gen/soapbridge/v1"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// replying is a transport that keeps the last request and answers with a body.
type replying struct {
	body string
	last string
}

func (r *replying) RoundTrip(_ context.Context, request *transport.Request) (*transport.Reply, error) {
	r.last = string(request.Body)
	return &transport.Reply{Status: 200, Body: []byte(r.body)}, nil
}

// do calls the rpc of a schema that has one rpc and no fields.
func do(t *testing.T, dialect soapbridge.Dialect, over soapbridge.Transport, options ...soapbridge.Option) error {
	t.Helper()
	service := one(nil, nil).service(t)
	bridge, err := soapbridge.New(dialect, over, []protoreflect.ServiceDescriptor{service}, options...)
	if err != nil {
		t.Fatal(err)
	}
	method := service.Methods().Get(0)
	_, err = bridge.Invoke(t.Context(), method, dynamicpb.NewMessage(method.Input()))
	return err
}

const soapOpen, soapClose = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">`, `</s:Envelope>`

func TestHeaderOfTheDialectAndOfTheCallStandInTheRequest(t *testing.T) {
	t.Parallel()
	dialect := depotDialect()
	dialect.Header = []soapbridge.HeaderElement{{Name: "t:Version", Attribute: "Least", Value: `a"<&`}}
	over := &replying{body: soapOpen + `<s:Body><DoResponse xmlns="urn:example:depot"/></s:Body>` + soapClose}
	err := do(t, dialect, over, soapbridge.WithHeader(func(context.Context) ([]soapbridge.HeaderElement, error) {
		return []soapbridge.HeaderElement{{Name: "d:As", Children: []soapbridge.HeaderElement{
			{Name: "t:Who", Value: "x & y"}, {Name: "d:Why", Value: "<because>"},
		}}}, nil
	}))
	if err != nil {
		t.Error(err)
	}
	want := soapOpen + `<s:Header><v:Version xmlns:v="urn:example:depot:types" Least="a&quot;&lt;&amp;"/><As xmlns="urn:example:depot">` +
		`<w:Who xmlns:w="urn:example:depot:types">x &amp; y</w:Who><Why>&lt;because&gt;</Why></As></s:Header>` +
		`<s:Body><Do xmlns="urn:example:depot"/></s:Body>` + soapClose
	if diff := xmltree.Diff([]byte(over.last), []byte(want)); diff != "" {
		t.Error(diff)
	}
}

func TestHeaderThatCannotBeMadeStopsTheCall(t *testing.T) {
	t.Parallel()
	nobody := errors.New("nobody to act for")
	for name, header := range map[string]func(context.Context) ([]soapbridge.HeaderElement, error){
		"error": func(context.Context) ([]soapbridge.HeaderElement, error) { return nil, nobody },
		"control character": func(context.Context) ([]soapbridge.HeaderElement, error) {
			return []soapbridge.HeaderElement{{Name: "t:Who", Value: "\x00"}}, nil
		},
		"unknown prefix": func(context.Context) ([]soapbridge.HeaderElement, error) {
			return []soapbridge.HeaderElement{{Name: "x:Who"}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			over := &replying{}
			err := do(t, depotDialect(), over, soapbridge.WithHeader(header))
			var failure *soapbridge.Error
			if !errors.As(err, &failure) || failure.Kind != soapbridge.KindStopped || over.last != "" {
				t.Errorf("the call ended with %v, and sent %q", err, over.last)
			}
			if name == "error" && !errors.Is(err, nobody) {
				t.Errorf("%v does not wrap the function's error", err)
			}
		})
	}
}

func TestWrongHeadersAndStatusesDoNotStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*soapbridge.Dialect)
		want   string
	}{
		"unknown prefix":      {func(d *soapbridge.Dialect) { d.Header = []soapbridge.HeaderElement{{Name: "x:A"}} }, "no such prefix"},
		"no prefix":           {func(d *soapbridge.Dialect) { d.Header = []soapbridge.HeaderElement{{Name: "A"}} }, "no such prefix"},
		"not a name":          {func(d *soapbridge.Dialect) { d.Header = []soapbridge.HeaderElement{{Name: "t:A B"}} }, `"t:A B"`},
		"not an attribute":    {func(d *soapbridge.Dialect) { d.Header = []soapbridge.HeaderElement{{Name: "t:A", Attribute: "xmlns"}} }, "attribute"},
		"forbidden value":     {func(d *soapbridge.Dialect) { d.Header = []soapbridge.HeaderElement{{Name: "t:A", Value: "\x01"}} }, "U+0001"},
		"status of nothing":   {func(d *soapbridge.Dialect) { d.Status = &soapbridge.ResponseStatus{} }, "response status"},
		"status without word": {func(d *soapbridge.Dialect) { d.Status = &soapbridge.ResponseStatus{Attribute: "Class"} }, "response status"},
	} {
		dialect := depotDialect()
		c.change(&dialect)
		if err := compile(t, dialect, one(nil, nil)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error about %q", name, err, c.want)
		}
	}
}

func TestStatusOfTheResponse(t *testing.T) {
	t.Parallel()
	dialect := depotDialect()
	dialect.Status = &soapbridge.ResponseStatus{Attribute: "Class", Failure: "Error", Text: "Words"}
	reply := func(attributes, content string) string {
		return soapOpen + `<s:Body><d:DoResponse xmlns:d="urn:example:depot"` + attributes + `>` + content + `</d:DoResponse></s:Body>` + soapClose
	}
	for name, c := range map[string]struct {
		body string
		kind soapbridge.Kind // KindInternal for success
		code string
		text string
	}{
		"success":            {reply(` Class="Success"`, ""), soapbridge.KindInternal, "", ""},
		"warning":            {reply(` Class="Warning"`, "<d:ResponseCode>ErrorX</d:ResponseCode>"), soapbridge.KindInternal, "", ""},
		"error":              {reply(` Class="Error"`, "<d:Words>Too bad.</d:Words><d:ResponseCode>ErrorX</d:ResponseCode>"), soapbridge.KindFault, "ErrorX", "Too bad."},
		"error, spaced":      {reply(` Class=" Error "`, "<ResponseCode>ErrorX</ResponseCode>"), soapbridge.KindFault, "ErrorX", ""},
		"error with nothing": {reply(` Class="Error"`, ""), soapbridge.KindFault, "", ""},
		"no status":          {reply("", ""), soapbridge.KindReplyRefused, "", ""},
		"foreign attribute":  {reply(` d:Class="Error"`, ""), soapbridge.KindReplyRefused, "", ""},
		"cut off":            {strings.SplitAfter(reply(` Class="Error"`, "<d:Words>Too"), "Too")[0], soapbridge.KindNotSOAP, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := do(t, dialect, &replying{body: c.body})
			var failure *soapbridge.Error
			if !errors.As(err, &failure) {
				if err != nil || c.kind != soapbridge.KindInternal {
					t.Errorf("the call ended with %v, want kind %v", err, c.kind)
				}
				return
			}
			want := c.kind
			if want == soapbridge.KindNotSOAP { // the rpc has a new effect each time
				want = soapbridge.KindOutcomeUnknown
			}
			if want == soapbridge.KindReplyRefused {
				want = soapbridge.KindOutcomeUnknown
			}
			if failure.Kind != want {
				t.Errorf("the kind is %v, want %v", failure.Kind, want)
			}
			if c.kind == soapbridge.KindFault && (failure.Fault.ResponseCode != c.code || failure.Fault.Text != c.text) {
				t.Errorf("the fault is %+v, want %q %q", failure.Fault, c.code, c.text)
			}
		})
	}
}

// TestWhatTheSchemaKeepsFromTheBridge: neither rpcs nor fields that are marked so are looked at.
func TestWhatTheSchemaKeepsFromTheBridge(t *testing.T) {
	t.Parallel()
	kept := func(places ...*soapbridgev1.Place) fieldSpec {
		f := nested("In", "kept", 2, places...)
		proto.SetExtension(f.Options, soapbridgev1.E_NoPlace, true)
		return f
	}
	own := func(operations ...*soapbridgev1.Operation) methodSpec {
		m := rpc("Own", "In", "Out", operations...)
		m.ServerStreaming = proto.Bool(true)
		if m.Options == nil {
			m.Options = &descriptorpb.MethodOptions{}
		}
		proto.SetExtension(m.Options, soapbridgev1.E_NoOperation, true)
		return m
	}
	s := in(text("name", 1, at("d:Name")), kept())
	s.methods = append(s.methods, own())
	if err := compile(t, depotDialect(), s); err != nil {
		t.Error(err)
	}
	s = in(kept(at("d:Kept")))
	s.methods = append(s.methods, own(operation("d:Own", "d:OwnResponse", "")))
	err := compile(t, depotDialect(), s)
	for _, want := range []string{"depot.In.kept", "depot.Depot.Own", "exclude each other"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one about %s", err, want)
		}
	}
}
