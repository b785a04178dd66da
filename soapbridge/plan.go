package soapbridge

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	soapbridgev1 "github.com/umgateway/umgateway/gen/soapbridge/v1"
)

// Effect says what repeating an operation does, as the rpc's idempotency_level declares it.
type Effect int

const (
	// EffectOnce: each execution has another effect. Never repeated once it may have been executed.
	EffectOnce Effect = iota
	// EffectRepeatable: a repetition changes nothing further.
	EffectRepeatable
	// EffectRead: nothing is changed.
	EffectRead
)

// plan is everything that the bridge knows about one rpc, compiled once.
type plan struct {
	operation string // local name of the request element
	effect    Effect
	input     protoreflect.MessageType
	output    protoreflect.MessageType
	forms     []envelope
	request   *element
	template  *template // of the request; nil if it has none
	response  xmlName
	result    *xmlName // the second wrapper, if the operation has one
	status    *ResponseStatus
	results   *element // a root without a name of its own: it stands for response and result alike
	layout    *layout  // of the response
	shapes    shapes   // of its replies
}

// xmlName is the name of an element as a reply is matched against it.
type xmlName struct {
	space namespaceID
	local string
}

func (n *xmlName) matches(space namespaceID, local []byte) bool {
	return n != nil && n.space == space && n.local == string(local)
}

// compiler turns descriptors into plans for one dialect and collects every mistake on the way.
type compiler struct {
	dialect Dialect
	enums   map[protoreflect.FullName]*enumTexts
	errs    []error
}

func (c *compiler) fail(where protoreflect.Descriptor, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: %w", where.FullName(), fmt.Errorf(format, args...)))
}

// compile makes the plans of all methods of the services. A method that other dialects have, but not this one, has a nil
// plan. All errors of the schema are returned together.
func compile(d Dialect, services []protoreflect.ServiceDescriptor) (map[protoreflect.FullName]*plan, error) {
	if err := d.validate(); err != nil {
		return nil, err
	}
	c := &compiler{dialect: d, enums: map[protoreflect.FullName]*enumTexts{}}
	plans := map[protoreflect.FullName]*plan{}
	for _, service := range services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			if !c.excluded(method, soapbridgev1.E_NoOperation, soapbridgev1.E_Operation) {
				plans[method.FullName()] = c.method(method)
			}
		}
	}
	c.probe(plans)
	return plans, errors.Join(c.errs...)
}

// probe makes sure that the dialect's probe, which the bridge sends on its own account, changes nothing.
func (c *compiler) probe(plans map[protoreflect.FullName]*plan) {
	name := c.dialect.Probe
	if name == "" {
		return
	}
	p, found := plans[name]
	switch {
	case !found:
		c.errs = append(c.errs, fmt.Errorf("dialect %q: the probe %s is not a method of these services", c.dialect.Name, name))
	case p == nil:
		c.errs = append(c.errs, fmt.Errorf("dialect %q: the probe %s has no operation in this dialect", c.dialect.Name, name))
	case p.effect != EffectRead || len(p.request.scope.leaves) > 0:
		c.errs = append(c.errs, fmt.Errorf("dialect %q: the probe %s must only read and take no arguments", c.dialect.Name, name))
	}
}

func (c *compiler) method(method protoreflect.MethodDescriptor) *plan {
	operation := c.operation(method)
	if operation == nil {
		return nil
	}
	if method.IsStreamingClient() || method.IsStreamingServer() {
		c.fail(method, "a streaming rpc cannot be a soap operation")
		return nil
	}
	p := &plan{
		effect: effectOf(method), input: messageType(method.Input()), output: messageType(method.Output()), status: c.dialect.Status,
	}
	request := c.name(method, "request", operation.GetRequest())
	if request.local != "" && request.prefix == "" {
		c.fail(method, "request: the element needs a prefix, because its namespace begins the SOAPAction")
	}
	p.operation = request.local
	p.request = c.root(method.Input())
	p.request.space, p.request.local = c.space(method, request), request.local
	p.results = c.root(method.Output())
	p.layout = newLayout(p.output)
	p.layout.find(p.results.scope)
	p.response = c.xmlName(method, "response", operation.GetResponse())
	if operation.GetResult() != "" {
		result := c.xmlName(method, "result", operation.GetResult())
		p.result = &result
	}
	if len(c.errs) == 0 {
		p.forms = c.envelopes(p.request)
		p.addTemplate()
	}
	return p
}

// excluded tells whether the schema leaves a method or a field out of every SOAP message on purpose.
func (c *compiler) excluded(d protoreflect.Descriptor, exclusion, inclusion protoreflect.ExtensionType) bool {
	excluded, _ := option(d, exclusion).(bool)
	if excluded && option(d, inclusion) != nil {
		c.fail(d, "the options (%s) and (%s) exclude each other",
			exclusion.TypeDescriptor().FullName(), inclusion.TypeDescriptor().FullName())
	}
	return excluded
}

// operation finds the method's operation in the dialect; nil if it has none, which is an error only if no dialect has one.
func (c *compiler) operation(method protoreflect.MethodDescriptor) *soapbridgev1.Operation {
	var found *soapbridgev1.Operation
	operations, _ := option(method, soapbridgev1.E_Operation).([]*soapbridgev1.Operation)
	for _, operation := range operations {
		switch {
		case operation.GetDialect() == "":
			c.fail(method, "an operation needs a dialect")
		case operation.GetDialect() != c.dialect.Name:
		case found != nil:
			c.fail(method, "two operations in dialect %q", c.dialect.Name)
		default:
			found = operation
		}
	}
	if len(operations) == 0 {
		c.fail(method, "the option (soapbridge.v1.operation) is missing")
	}
	return found
}

func (c *compiler) name(where protoreflect.Descriptor, what, text string) step {
	name, err := parseElementName(text)
	if err != nil {
		c.fail(where, "%s: %w", what, err)
	}
	return name
}

func (c *compiler) xmlName(where protoreflect.Descriptor, what, text string) xmlName {
	name := c.name(where, what, text)
	return xmlName{c.space(where, name), name.local}
}

func (c *compiler) space(where protoreflect.Descriptor, name step) namespaceID {
	id, ok := c.dialect.space(name.prefix)
	if !ok {
		c.fail(where, "dialect %q has no prefix %q", c.dialect.Name, name.prefix)
	}
	return id
}

// envelopes spells the request's names and writes, for each namespace form, what stands before and after its content.
func (c *compiler) envelopes(request *element) []envelope {
	n := newNaming(c.dialect, request)
	n.spell(request)
	envelopes := make([]envelope, 0, len(c.dialect.Forms))
	for _, form := range c.dialect.Forms {
		envelopes = append(envelopes, n.envelope(form, request))
	}
	return envelopes
}

func effectOf(method protoreflect.MethodDescriptor) Effect {
	options, _ := method.Options().(*descriptorpb.MethodOptions)
	switch options.GetIdempotencyLevel() {
	case descriptorpb.MethodOptions_NO_SIDE_EFFECTS:
		return EffectRead
	case descriptorpb.MethodOptions_IDEMPOTENT:
		return EffectRepeatable
	}
	return EffectOnce
}

// option reads an extension of a descriptor's options, whether the descriptor was generated or built at run time: in the
// latter case the options may hold the extension as unknown bytes or as another Go type, so they are read anew.
func option(d protoreflect.Descriptor, extension protoreflect.ExtensionType) any {
	options := d.Options()
	if options == nil || !options.ProtoReflect().IsValid() {
		return nil
	}
	raw, err := proto.Marshal(options)
	if err != nil {
		return nil
	}
	fresh := options.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(raw, fresh); err != nil || !proto.HasExtension(fresh, extension) {
		return nil
	}
	return proto.GetExtension(fresh, extension)
}
