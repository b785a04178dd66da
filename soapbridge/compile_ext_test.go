package soapbridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	soapbridgev1 "github.com/umgateway/umgateway/gen/soapbridge/v1"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

func depotDialect() soapbridge.Dialect {
	return soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{{
		Name: "only", Namespaces: map[string]string{"d": "urn:example:depot", "t": "urn:example:depot:types"},
	}}}
}

func compile(t *testing.T, dialect soapbridge.Dialect, s schema) error {
	t.Helper()
	_, err := soapbridge.New(dialect, always(nil), []protoreflect.ServiceDescriptor{s.service(t)})
	return err
}

// one is a schema with one rpc, Do, whose request and response have the given fields.
func one(request, response []fieldSpec, more ...messageSpec) schema {
	return schema{
		messages: append([]messageSpec{message("In", request...), message("Out", response...)}, more...),
		methods:  []methodSpec{rpc("Do", "In", "Out", operation("d:Do", "d:DoResponse", ""))},
	}
}

func in(fields ...fieldSpec) schema { return one(fields, nil) }

// TestWrongSchemasDoNotStart: each mistake is reported, with the full name of where it stands.
func TestWrongSchemasDoNotStart(t *testing.T) {
	t.Parallel()
	const (
		double = descriptorpb.FieldDescriptorProto_TYPE_DOUBLE
		float  = descriptorpb.FieldDescriptorProto_TYPE_FLOAT
	)
	color := func(values ...*descriptorpb.EnumValueDescriptorProto) schema {
		s := in(choice("Color", "color", 1, at("d:Color")))
		s.enums = []enumSpec{enum("Color", values...)}
		return s
	}
	method := func(m methodSpec) schema {
		return schema{messages: []messageSpec{message("In"), message("Out")}, methods: []methodSpec{m}}
	}
	stream := rpc("Do", "In", "Out", operation("d:Do", "d:DoResponse", ""))
	stream.ServerStreaming = proto.Bool(true)
	entry := message("MapEntry", text("key", 1), text("value", 2))
	entry.Options = &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)}
	mapped := in(repeated(nested("depot.In.MapEntry", "map", 1, at("d:Map"))))
	mapped.messages[0].NestedType = []messageSpec{entry}
	aliased := color(value("NONE", 0, ""), value("RED", 1, "Red"), value("ROUGE", 1, "Rouge"))
	aliased.enums[0].Options = &descriptorpb.EnumOptions{AllowAlias: proto.Bool(true)}
	closed := color(value("RED", 1, "Red"))
	closed.proto2 = true
	group := in(nested("depot.In.Group", "group", 1, at("d:Group")))
	group.proto2 = true
	group.messages[0].Field[0].Type = descriptorpb.FieldDescriptorProto_TYPE_GROUP.Enum()
	group.messages[0].NestedType = []messageSpec{message("Group")}

	tests := map[string]struct {
		schema schema
		want   string
	}{
		"no operation":              {method(rpc("Do", "In", "Out")), "depot.Depot.Do: the option (soapbridge.v1.operation) is missing"},
		"operation without dialect": {method(rpc("Do", "In", "Out", &soapbridgev1.Operation{Request: "d:Do", Response: "d:R"})), "depot.Depot.Do: an operation needs a dialect"},
		"two operations":            {method(rpc("Do", "In", "Out", operation("d:A", "d:AR", ""), operation("d:B", "d:BR", ""))), `depot.Depot.Do: two operations in dialect "depot"`},
		"no request":                {method(rpc("Do", "In", "Out", operation("", "d:R", ""))), `depot.Depot.Do: request: path "", byte 0`},
		"request of two steps":      {method(rpc("Do", "In", "Out", operation("d:A/d:B", "d:R", ""))), "depot.Depot.Do: request: path"},
		"request without prefix":    {method(rpc("Do", "In", "Out", operation("Do", "d:R", ""))), "depot.Depot.Do: request: the element needs a prefix"},
		"request's prefix unknown":  {method(rpc("Do", "In", "Out", operation("x:Do", "d:R", ""))), `depot.Depot.Do: dialect "depot" has no prefix "x"`},
		"no response":               {method(rpc("Do", "In", "Out", operation("d:Do", "", ""))), "depot.Depot.Do: response: path"},
		"response is an attribute":  {method(rpc("Do", "In", "Out", operation("d:Do", "@R", ""))), "depot.Depot.Do: response: path"},
		"result's prefix unknown":   {method(rpc("Do", "In", "Out", operation("d:Do", "d:R", "x:R"))), `depot.Depot.Do: dialect "depot" has no prefix "x"`},
		"streaming":                 {method(stream), "depot.Depot.Do: a streaming rpc"},

		"no place":                      {in(text("a", 1)), "depot.In.a: the option (soapbridge.v1.place) is missing"},
		"place without dialect":         {in(text("a", 1, &soapbridgev1.Place{Path: "d:A"})), "depot.In.a: a place needs a dialect"},
		"two places":                    {in(text("a", 1, at("d:A"), at("d:B"))), `depot.In.a: two places in dialect "depot"`},
		"path wrong":                    {in(text("a", 1, at("d:A/"))), `depot.In.a: path "d:A/", byte 4`},
		"prefix unknown":                {in(text("a", 1, at("x:A"))), `depot.In.a: dialect "depot" has no prefix "x"`},
		"prefix of attribute unknown":   {in(text("a", 1, at("@x:A"))), `depot.In.a: dialect "depot" has no prefix "x"`},
		"place taken":                   {in(text("a", 1, at("d:A")), text("b", 2, at("d:A"))), "depot.In.b: another field"},
		"text taken":                    {in(text("a", 1, at(".")), text("b", 2, at("."))), "depot.In.b: another field has this place"},
		"attribute taken":               {in(text("a", 1, at("d:A/@id")), text("b", 2, at("d:A/@id"))), "depot.In.b: another field has this place"},
		"below a text":                  {in(text("a", 1, at("d:A")), text("b", 2, at("d:A/d:B"))), "depot.In.b: another field"},
		"above an element":              {in(text("a", 1, at("d:A/d:B")), text("b", 2, at("d:A"))), "depot.In.b: another field"},
		"text and element side by side": {in(text("a", 1, at(".")), text("b", 2, at("d:B"))), "depot.In: one field is the text"},
		"attribute of a repeated text":  {in(repeated(text("a", 1, at("d:A"))), text("b", 2, at("d:A/@b"))), "depot.In.b: another field"},
		"repeated text with attribute":  {in(text("b", 1, at("d:A/@b")), repeated(text("a", 2, at("d:A")))), "depot.In.a: another field"},
		"repeated attribute":            {in(repeated(text("a", 1, at("@a")))), "depot.In.a: a repeated field or a message cannot be an attribute"},
		"repeated text of the root":     {in(repeated(text("a", 1, at(".")))), "depot.In.a: a repeated field or a message needs an element of its own"},

		"map":                         {mapped, "depot.In.map: a map is not supported"},
		"double":                      {in(field(double, "a", 1, at("d:A"))), "depot.In.a: a floating-point number is not supported"},
		"float":                       {in(field(float, "a", 1, at("d:A"))), "depot.In.a: a floating-point number is not supported"},
		"group":                       {group, "depot.In.group: a group is not supported"},
		"any":                         {in(nested(".google.protobuf.Any", "a", 1, at("d:A"))), "depot.In.a: google.protobuf.Any is not supported"},
		"recursion":                   {in(nested("In", "a", 1, at("d:A"))), "depot.In: a message that contains itself"},
		"far recursion":               {one([]fieldSpec{nested("A", "a", 1, at("d:A"))}, nil, message("A", nested("B", "b", 1, at("d:B"))), message("B", nested("A", "a", 1, at("d:A")))), "depot.A: a message that contains itself"},
		"message at root":             {one([]fieldSpec{nested("A", "a", 1, at("."))}, nil, message("A")), "depot.In.a: a repeated field or a message needs"},
		"message as attribute":        {one([]fieldSpec{nested("A", "a", 1, at("@a"))}, nil, message("A")), "depot.In.a: a repeated field or a message cannot be an attribute"},
		"message beside attribute":    {one([]fieldSpec{nested("A", "a", 1, at("d:A")), text("b", 2, at("d:A/@b"))}, nil, message("A")), "depot.In.b: another field"},
		"mistake in a nested message": {one([]fieldSpec{nested("A", "a", 1, at("d:A"))}, nil, message("A", text("b", 1))), "depot.A.b: the option (soapbridge.v1.place) is missing"},
		"mistake in the response":     {one(nil, []fieldSpec{text("a", 1)}), "depot.Out.a: the option (soapbridge.v1.place) is missing"},

		"enum value without text": {color(value("NONE", 0, ""), value("RED", 1, "")), "depot.RED: the option (soapbridge.v1.text) is missing"},
		"zero value with text":    {color(value("NONE", 0, "None"), value("RED", 1, "Red")), "depot.NONE: the zero value means unspecified"},
		"one text twice":          {color(value("NONE", 0, ""), value("RED", 1, "Red"), value("BLUE", 2, "Red")), `depot.BLUE: another value has the text "Red"`},
		"one number twice":        {aliased, "depot.ROUGE: another value has this number"},
		"text in white space":     {color(value("NONE", 0, ""), value("RED", 1, " Red")), "depot.RED: the text"},
		"text that XML forbids":   {color(value("NONE", 0, ""), value("RED", 1, "Re\x01d")), "depot.RED: the text"},
		"no zero value":           {closed, "depot.Color: an enum needs a value 0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := compile(t, depotDialect(), test.schema); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want it to say %q", err, test.want)
			}
		})
	}
}

// TestAllMistakesAreReportedTogether: a schema is corrected in one go, not one start at a time.
func TestAllMistakesAreReportedTogether(t *testing.T) {
	t.Parallel()
	s := schema{
		messages: []messageSpec{
			message("In", text("a", 1), text("b", 2, at("d:/B")), choice("Color", "c", 3, at("d:C"))),
			message("Out", repeated(text("d", 1, at("@d"))), text("e", 2, at("x:E"))),
		},
		enums: []enumSpec{enum("Color", value("NONE", 0, ""), value("RED", 1, ""))},
		methods: []methodSpec{
			rpc("Do", "In", "Out", operation("d:Do", "d:", "")),
			rpc("Redo", "Out", "Out"),
		},
	}
	dialect := depotDialect()
	dialect.Probe = "depot.Depot.Undo"
	err := compile(t, dialect, s)
	if err == nil {
		t.Fatal("got no error")
	}
	for _, where := range []string{
		"depot.In.a:", "depot.In.b:", "depot.RED:", "depot.Out.d:", "depot.Out.e:",
		"depot.Depot.Do: response:", "depot.Depot.Redo:", "the probe depot.Depot.Undo",
	} {
		if !strings.Contains(err.Error(), where) {
			t.Errorf("the error does not name %s\n%v", where, err)
		}
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != 8 {
		t.Errorf("got %d mistakes, want 8:\n%v", lines, err)
	}
}

// TestOtherDialectsNeedNoPlaceInThisOne: what only another dialect has is no mistake.
func TestOtherDialectsNeedNoPlaceInThisOne(t *testing.T) {
	t.Parallel()
	s := in(text("a", 1, elsewhere("d:A")), text("b", 2, at("d:B")))
	s.methods = append(s.methods, rpc("Other", "Out", "Out", &soapbridgev1.Operation{Dialect: "other", Request: "o:X", Response: "o:Y"}))
	if err := compile(t, depotDialect(), s); err != nil {
		t.Error(err)
	}
}

// TestPlacesThatGoTogether: in the order of the declaration, whatever it is, as long as no two ask for the same place.
func TestPlacesThatGoTogether(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		schema   schema
		in, want string
	}{
		"text, then its attributes": {in(text("a", 1, at("d:A")), text("b", 2, at("d:A/@b")), text("c", 3, at("d:A/@c")), text("d", 4, at("d:A/@d:b"))),
			`{"a": "1", "b": "2", "c": "3"}`, `<d:A b="2" c="3" d:b="">1</d:A>`},
		"attributes, then their text": {in(text("b", 1, at("d:A/@b")), text("a", 2, at("d:A"))), `{"a": "1", "b": "2"}`, `<d:A b="2">1</d:A>`},
		"attribute, then an element":  {in(text("b", 1, at("d:A/@b")), text("a", 2, at("d:A/d:B"))), `{"a": "1", "b": "2"}`, `<d:A b="2"><d:B>1</d:B></d:A>`},
		"element, then an attribute":  {in(text("a", 1, at("d:A/d:B")), text("b", 2, at("d:A/@b"))), `{"a": "1", "b": "2"}`, `<d:A b="2"><d:B>1</d:B></d:A>`},
		"an element that comes back":  {in(text("a", 1, at("d:A/d:B")), text("b", 2, at("d:C")), text("c", 3, at("d:A/d:D"))), `{"a": "1", "b": "2", "c": "3"}`, `<d:A><d:B>1</d:B><d:D>3</d:D></d:A><d:C>2</d:C>`},
		"one name in two namespaces":  {in(text("a", 1, at("d:A")), text("b", 2, at("t:A"))), `{"a": "1", "b": "2"}`, `<d:A>1</d:A><t:A>2</t:A>`},
		"one name on two levels":      {in(text("a", 1, at("d:A/d:A/d:A"))), `{"a": "1"}`, `<d:A><d:A><d:A>1</d:A></d:A></d:A>`},
		"order of the numbers":        {in(text("z", 3, at("d:Z")), text("a", 1, at("d:A"))), `{"a": "1", "z": "2"}`, `<d:Z>2</d:Z><d:A>1</d:A>`},
		"one message twice": {one([]fieldSpec{nested("M", "a", 1, at("d:A")), nested("M", "b", 2, at("d:B"))}, nil, message("M", text("c", 1, at("d:C")))),
			`{"a": {"c": "1"}, "b": {}}`, `<d:A><d:C>1</d:C></d:A><d:B><d:C/></d:B>`},

		"optional elements, none set":   {in(optional(text("a", 1, at("d:A/d:B/d:C"))), optional(text("b", 2, at("d:A/d:D")))), `{}`, ``},
		"optional elements, one set":    {in(optional(text("a", 1, at("d:A/d:B/d:C"))), optional(text("b", 2, at("d:A/d:D")))), `{"a": ""}`, `<d:A><d:B><d:C/></d:B></d:A>`},
		"optional elements, other set":  {in(optional(text("a", 1, at("d:A/d:B/d:C"))), optional(text("b", 2, at("d:A/d:D")))), `{"b": "x"}`, `<d:A><d:D>x</d:D></d:A>`},
		"optional beside required":      {in(optional(text("a", 1, at("d:A/d:B"))), text("b", 2, at("d:A/d:C"))), `{}`, `<d:A><d:C/></d:A>`},
		"optional text, attribute":      {in(optional(text("a", 1, at("d:A"))), text("b", 2, at("d:A/@b"))), `{}`, `<d:A b=""/>`},
		"optional attribute, text":      {in(optional(text("a", 1, at("d:A/@a"))), text("b", 2, at("d:A"))), `{}`, `<d:A/>`},
		"optional both, text set":       {in(optional(text("a", 1, at("d:A/@a"))), optional(text("b", 2, at("d:A")))), `{"b": ""}`, `<d:A/>`},
		"optional both, attribute set":  {in(optional(text("a", 1, at("d:A/@a"))), optional(text("b", 2, at("d:A")))), `{"a": ""}`, `<d:A a=""/>`},
		"optional both, none set":       {in(optional(text("a", 1, at("d:A/@a"))), optional(text("b", 2, at("d:A")))), `{}`, ``},
		"message not set in an element": {one([]fieldSpec{nested("M", "a", 1, at("d:A/d:B"))}, nil, message("M")), `{}`, ``},
		"message set in an element":     {one([]fieldSpec{nested("M", "a", 1, at("d:A/d:B"))}, nil, message("M")), `{"a": {}}`, `<d:A><d:B/></d:A>`},
		"empty list in an element":      {one([]fieldSpec{repeated(nested("M", "a", 1, at("d:A/d:B")))}, nil, message("M")), `{}`, `<d:A/>`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := test.schema.service(t)
			b := always(func() *transport.Reply { return xmlReply(http.StatusOK, fmt.Sprintf(depotEnvelope, "<d:DoResponse/>")) })
			bridge, err := soapbridge.New(depotDialect(), b, []protoreflect.ServiceDescriptor{service})
			if err != nil {
				t.Fatal(err)
			}
			method := service.Methods().ByName("Do")
			if _, err := bridge.Invoke(t.Context(), method, fromJSON(t, method.Input(), test.in)); err != nil {
				t.Fatal(err)
			}
			if d := xmltree.Diff([]byte(b.requests[0].body), fmt.Appendf(nil, depotEnvelope, "<d:Do>"+test.want+"</d:Do>")); d != "" {
				t.Errorf("%s\nin %s", d, b.requests[0].body)
			}
		})
	}
}

func TestWrongDialectsDoNotStart(t *testing.T) {
	t.Parallel()
	form := func(name string, namespaces map[string]string) soapbridge.Form {
		return soapbridge.Form{Name: name, Namespaces: namespaces}
	}
	good := map[string]string{"d": "urn:example:depot", "t": "urn:example:depot:types"}
	tests := map[string]struct {
		dialect soapbridge.Dialect
		want    string
	}{
		"no name":               {soapbridge.Dialect{Forms: []soapbridge.Form{form("only", good)}}, "needs a name"},
		"no form":               {soapbridge.Dialect{Name: "depot"}, "at least one namespace form"},
		"form without name":     {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("", good)}}, "needs a name of its own"},
		"one name twice":        {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", good), form("a", good)}}, "needs a name of its own"},
		"other prefixes":        {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", good), form("b", map[string]string{"d": "urn:b"})}}, "it has the prefixes"},
		"prefix no name":        {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", map[string]string{"d t": "urn:a"})}}, `"d t" cannot be a prefix`},
		"prefix reserved":       {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", map[string]string{"Xml1": "urn:a"})}}, `"Xml1" cannot be a prefix`},
		"empty namespace":       {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", map[string]string{"d": ""})}}, `prefix "d" cannot stand for`},
		"soap's namespace":      {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", map[string]string{"d": "http://schemas.xmlsoap.org/soap/envelope/"})}}, `prefix "d" cannot stand for`},
		"two prefixes":          {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", map[string]string{"d": "urn:a", "t": "urn:a"})}}, "the same namespace"},
		"prefixes swapped":      {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", map[string]string{"d": "urn:a", "t": "urn:b"}), form("b", map[string]string{"d": "urn:b", "t": "urn:a"})}}, "the same namespace"},
		"renamed to no name":    {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", good)}, Renames: map[string]string{"A": "B><C"}}, "cannot be renamed"},
		"probe changes":         {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", good)}, Probe: "depot.Depot.Do"}, "must only read"},
		"probe takes arguments": {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", good)}, Probe: "depot.Depot.Get"}, "take no arguments"},
		"probe elsewhere":       {soapbridge.Dialect{Name: "depot", Forms: []soapbridge.Form{form("a", good)}, Probe: "depot.Depot.Other"}, "has no operation in this dialect"},
	}
	s := in(text("a", 1, at("d:A")))
	s.methods = append(s.methods,
		reads(rpc("Get", "In", "Out", operation("d:Get", "d:GetResponse", ""))),
		reads(rpc("Other", "Out", "Out", &soapbridgev1.Operation{Dialect: "other", Request: "o:X", Response: "o:Y"})))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := compile(t, test.dialect, s); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestWrongOptionsDoNotStart(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]soapbridge.Option{
		"unknown form":     soapbridge.WithForm("ftp"),
		"negative size":    soapbridge.WithLimits(soapbridge.Limits{ReplyBytes: -1}),
		"negative depth":   soapbridge.WithLimits(soapbridge.Limits{Depth: -1}),
		"missing observer": soapbridge.WithObserver(nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := soapbridge.New(umDialect(), always(nil), umServices(), option); err == nil {
				t.Error("got no error")
			}
		})
	}
	if _, err := soapbridge.New(umDialect(), nil, umServices()); err == nil {
		t.Error("no transport: got no error")
	}
}
