// Package soapbridge carries out rpcs of a protobuf schema as operations of a SOAP 1.1 document/literal service.
//
// It promises:
//
//   - The schema decides. What goes out and what is read back follows from three options in the .proto files; no message,
//     operation or exception of any particular service is known to this package.
//   - A wrong schema does not start. New reports every mistake in it at once, and guesses nothing.
//   - What comes back is what was there. A result that is missing, unreadable or of another operation is an error, never
//     an empty string or false. An opaque string comes back byte for byte, as far as XML can carry it.
//   - The body decides first and the HTTP status second, and every failure says whether the operation may have run: an
//     operation that must not be repeated is never reported as simply unavailable once its request was sent.
//   - Whatever bytes a server answers with, reading them ends, within the limits of Limits, without a panic.
//
// # Plans
//
// A plan is everything that the bridge knows about one rpc: the SOAPAction, the bytes before and after the request's
// content, the tree of elements that the request writes, the tree of elements that the reply is matched against, and what
// a repetition would do (the rpc's idempotency_level). New compiles one for each rpc from its descriptor. A call then only
// walks its plan: it looks nothing up by name, and reads the reply once, without building a tree of it. Beside its plan the
// bridge remembers the shapes in which replies came, which are tags without any value, so that only the values are left to read.
//
// # Options
//
// The options are defined in proto/soapbridge/v1/annotations.proto. Each may be given once for each dialect, which is the
// name of one kind of server; the program that makes the bridge says what a dialect's prefixes stand for (see Dialect).
//
//	on an rpc             (soapbridge.v1.operation) = {dialect, request, response, result}
//	on a field            (soapbridge.v1.place)     = {dialect, path, may_be_absent}
//	on an enum value      (soapbridge.v1.text)      = "the text that stands for it"
//
//	operation.request     the element in the request's Body, with a prefix: "m:Disconnect". The SOAPAction is its
//	                      namespace, a slash unless the namespace ends in one, and its local name.
//	operation.response    the element in the reply's Body.
//	operation.result      a second element, directly inside the response element, that holds the results. A reply that
//	                      leaves it out is read as well. Empty: the results stand in the response element.
//	place.path            "m:CallId" is a child element, "m:Call/m:Id" a child of a child, "m:Call/@Id" an attribute of
//	                      a child, "@Id" an attribute of the element itself, "." its text. A step without a prefix is in
//	                      no namespace. The path of a field in a nested message begins at that message's element.
//	place.may_be_absent   in a response: the field may be missing and then holds its default value.
//
// An rpc or a field that other dialects have, but not this one, is allowed: the rpc is answered with KindUnsupported, the
// field is refused by name when a request sets it and left empty in a response. One that no dialect has is a mistake, unless
// the schema says with (soapbridge.v1.no_operation) or (soapbridge.v1.no_place) that it is meant for the program around the
// bridge: then the bridge does not know it.
//
// In a request every field is written, also one that holds its default value, because false is a command and not an
// absence. Only a field with presence (`optional`, a message, a member of a oneof) that is not set is left out. Fields are
// written in the order in which the schema declares them, whatever their numbers: some servers insist on an order.
//
// In a response a field must be there, unless it has presence, is repeated, or may_be_absent. Of an element that should
// stand there once, the first counts. An element that says xsi:nil is missing, and so is a blank string that is the only
// field of a response. Elements and attributes that the plan does
// not ask for are passed over. An enum text that the schema does not know becomes the value 0 and is reported to the
// Observer. The text of a string is not trimmed; white space around anything else is of no account.
//
// Fields may be strings, booleans, whole numbers, bytes (base64), enums and messages, singular or repeated. Maps, floating
// point numbers, google.protobuf.Any, groups and messages that contain themselves are refused by New.
//
// # One call in eight hops
//
//  1. POST /v1/calls/{call_id}:disconnect reaches gateway/rest.go, and the generated code in gen/um/v1 routes it.
//  2. gateway/direct.go makes a DisconnectRequest of it. One with a query or a Grpc-Timeout is left to the generated client,
//     on the in-process connection of gateway/inprocess.go. A gRPC caller starts at 3.
//  3. The interceptors, in the order of Gateway.interceptors in gateway/gateway.go: request id, telemetry, log, errors,
//     recovery, authentication, limits, audit, deadline, authorization, validation.
//  4. The last of them, Gateway.invoke, calls Bridge.Invoke with the method's descriptor, the same for every rpc.
//  5. bridge.go finds the plan, invoke.go the namespace form that the backend accepts, template.go fills in the envelope, or
//     encode.go appends it where something may be left out, and retry.go decides whether it may be sent again.
//  6. soapbridge/resilience chooses an endpoint, and soapbridge/transport carries the request to Exchange, or to
//     internal/exchangesim.
//  7. content.go turns the reply into UTF-8. shape.go reads it if it has the shape of one before, which learn.go has kept.
//     Otherwise scan.go and decode.go read it in one pass, from where familiar.go knows its beginning, faultread.go a fault in
//     it, and
//     classify.go says what a reply is that holds neither a result nor a fault.
//  8. Back through 4 to 1. On an error, gateway/errors.go makes it a status, and gateway/httperror.go a JSON body of that.
package soapbridge
