package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoregistry"
)

// builder completes a document.
type builder struct {
	schema   *protoregistry.Files
	reasons  []reason
	examples map[string]example // by operation
	special  map[string]bool    // reasons that the schema names for some operations

	responses object // that operations share
}

// example is a request with its answer, and errors by their HTTP status.
type example struct {
	Path     object         `json:"path"`
	Request  any            `json:"request"`
	Response any            `json:"response"`
	Streams  map[string]any `json:"streams"` // by media type
	Errors   map[string]any `json:"errors"`
}

const introduction = `The operations of the Unified Messaging service of Microsoft Exchange: it rings telephones, reports where calls stand, hangs
up, and changes a mailbox's voice settings. The same operations are served over gRPC, gRPC-Web and Connect; the schema is at
/descriptors.binpb.

Every error is a google.rpc.Status with one google.rpc.ErrorInfo, whose reason says what to do: see /docs/reasons/. The reason
OUTCOME_UNKNOWN means that the telephone may be ringing already: never repeat such a request.`

// complete adds to the document what the generator leaves out.
func (b *builder) complete(document object) error {
	document["info"] = object{
		"title": "umgateway", "version": "v1", "summary": "Telephone calls and voice settings of Exchange mailboxes",
		"description": introduction, "license": object{"name": "Apache License 2.0", "identifier": "Apache-2.0"},
	}
	document["servers"] = []any{object{"url": "/", "description": "The gateway that serves this document."}}
	document["externalDocs"] = object{"url": "/docs/reasons/", "description": "The reasons of errors."}
	// Without any of them only where the gateway takes anonymous callers.
	document["security"] = []any{object{"bearer": []any{}}, object{"basic": []any{}}, object{"certificate": []any{}}, object{}}
	components := document["components"].(object)
	components["securitySchemes"] = securitySchemes
	components["parameters"] = parameters
	components["headers"] = headers
	b.responses = object{}
	components["responses"] = b.responses
	operations := operationsOf(document["paths"].(object))
	b.special = map[string]bool{}
	for _, o := range operations {
		for _, name := range o.named {
			b.special[name] = true
		}
	}
	used := map[string]bool{}
	for _, o := range operations {
		if err := b.completeOperation(o); err != nil {
			return fmt.Errorf("%s: %w", o.id, err)
		}
		used[o.id] = true
	}
	for id := range b.examples {
		if !used[id] {
			return fmt.Errorf("an example is for %s, which there is not", id)
		}
	}
	b.completeSchemas(components["schemas"].(object))
	return nil
}

var securitySchemes = object{
	"bearer":      object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token of an issuer that the gateway trusts."},
	"basic":       object{"type": "http", "scheme": "basic", "description": "A user name and password, which the gateway hands to Exchange."},
	"certificate": object{"type": "mutualTLS", "description": "A client certificate of an authority that the gateway trusts."},
}

var parameters = object{
	"GrpcTimeout": object{
		"name": "Grpc-Timeout", "in": "header", "description": "For how long the caller waits: digits and a unit, H, M, S, m, u or n. The gateway caps it.",
		"schema": object{"type": "string", "pattern": "^[0-9]{1,8}[HMSmun]$"}, "example": "5S",
	},
	// It has no example: pages that send requests fill examples in, and a request has one timeout.
	"RequestTimeout": object{
		"name": "Request-Timeout", "in": "header", "description": "For how many seconds the caller waits, in the place of Grpc-Timeout. The gateway caps it.",
		"schema": object{"type": "string", "pattern": `^([0-9]+(\.[0-9]*)?|\.[0-9]+)$`},
	},
	"RequestId": object{
		"name": "X-Request-Id", "in": "header", "description": "Names the request in logs and answers. Without it the gateway chooses a name.",
		"schema": object{"type": "string", "maxLength": 128, "pattern": "^[!-~]+$"},
	},
	"IdempotencyKey": object{
		"name": "Idempotency-Key", "in": "header", "description": "Makes the request safe to repeat, as requestId does: at most one of all with the same key is carried out.",
		"schema": object{"type": "string", "minLength": 1, "maxLength": 128},
	},
	"LastEventId": object{
		"name": "Last-Event-ID", "in": "header", "description": "The id of the last event that was received: the stream goes on behind it, as with afterSequence.",
		"schema": object{"type": "string", "pattern": "^[0-9]+$"},
	},
}

var headers = object{
	"RequestId":       object{"description": "The id of the request, as in the gateway's log.", "schema": object{"type": "string"}},
	"RetryAfter":      object{"description": "For how many seconds to wait before a repetition, where one makes sense.", "schema": object{"type": "string", "pattern": "^[0-9]+$"}},
	"WwwAuthenticate": object{"description": "How to authenticate.", "schema": object{"type": "string"}},
}

// operation is one operation of the document.
type operation struct {
	object
	id         string // without a number for another path of the same rpc
	verb, path string
	named      []string // reasons
	hasBody    bool
	properties object // of the body
	body       object // its schema
}

// operationsOf lists the operations in the order of their ids and paths.
func operationsOf(paths object) []operation {
	var list []operation
	for path, verbs := range paths {
		for verb, value := range verbs.(object) {
			o := operation{object: value.(object), verb: verb, path: path}
			o.id = strings.TrimSuffix(o.object["operationId"].(string), "_1")
			o.named = reasonsNamed(o.object)
			if request, has := o.object["requestBody"].(object); has {
				o.hasBody = true
				o.body = request["content"].(object)["application/json"].(object)["schema"].(object)
				o.properties, _ = o.body["properties"].(object)
			}
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.id+a.path, b.id+b.path) })
	return list
}
