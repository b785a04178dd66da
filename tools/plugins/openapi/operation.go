package main

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// completeOperation adds to an operation its headers, errors and examples.
func (b *builder) completeOperation(o operation) error {
	input := b.message("um.v1." + o.id[strings.Index(o.id, "_")+1:] + "Request")
	if input == nil {
		return errors.New("no such request")
	}
	shown, listed := b.examples[o.id]
	if !listed {
		return errors.New("no example")
	}
	o.addDescription()
	o.addParameters(shown)
	if o.hasBody {
		o.completeBody(input, shown)
	}
	responses := o.object["responses"].(object)
	o.completeSuccess(responses["200"].(object), shown)
	b.addErrors(o, responses, shown)
	return nil
}

// addDescription takes the reasons out of the description: the responses list them.
func (o operation) addDescription() {
	o.object["summary"], o.object["description"] = summary(o)
	if o.object["description"] == "" {
		delete(o.object, "description")
	}
}

// summary is the first sentence, and the description all text but the reasons.
func summary(o operation) (short, long string) {
	first, _ := o.object["summary"].(string)
	rest, _ := o.object["description"].(string)
	long = strings.TrimSpace(named.ReplaceAllString(first+"\n\n"+rest, ""))
	short, _, _ = strings.Cut(strings.ReplaceAll(first, "\n", " "), ". ")
	return strings.TrimSuffix(short, "."), long
}

func (o operation) addParameters(shown example) {
	list, _ := o.object["parameters"].([]any)
	for _, value := range list {
		parameter := value.(object)
		if sample, has := shown.Path[parameter["name"].(string)]; has {
			parameter["example"] = sample
		}
		if parameter["name"] == "maxAge" {
			parameter["schema"].(object)["pattern"] = durationPattern
		}
	}
	refer := func(name string) { list = append(list, object{"$ref": "#/components/parameters/" + name}) }
	refer("RequestId")
	if strings.HasSuffix(o.path, ":watch") {
		refer("LastEventId")
	} else {
		refer("GrpcTimeout")
		refer("RequestTimeout")
	}
	if o.properties["requestId"] != nil {
		refer("IdempotencyKey")
	}
	o.object["parameters"] = list
}

func (o operation) completeBody(input protoreflect.MessageDescriptor, shown example) {
	addRules(o.body, input)
	request := o.object["requestBody"].(object)
	// An empty body is an empty message.
	request["required"] = o.body["required"] != nil
	sample := maps.Clone(shown.Request.(object))
	if strings.Contains(o.path, "{call_id}") {
		delete(sample, "callId")
	}
	request["content"].(object)["application/json"].(object)["example"] = sample
}

func (o operation) completeSuccess(success object, shown example) {
	success["headers"] = object{"X-Request-Id": header("RequestId")}
	content := success["content"].(object)
	if len(shown.Streams) == 0 {
		content["application/json"].(object)["example"] = shown.Response
		return
	}
	success["description"] = "A stream of events. As server-sent events, `id` is the sequence, `event` is `state`, `ended` or `error`, `data` is " +
		"the event or the google.rpc.Status as JSON, and heartbeats are comments. As JSON lines, each line is an object with `result` or, at the " +
		"end, `error`. The form is chosen by the header Accept."
	line := content["application/json"].(object)["schema"]
	success["content"] = object{
		"text/event-stream":    object{"schema": object{"type": "string"}, "example": shown.Streams["text/event-stream"]},
		"application/x-ndjson": object{"schema": line, "example": shown.Streams["application/x-ndjson"]},
	}
}

// addErrors adds a response for each HTTP status that an error of the operation can have.
func (b *builder) addErrors(o operation, responses object, shown example) {
	delete(responses, "default")
	byStatus := map[string][]string{}
	for _, r := range b.reasons {
		if b.applies(r.name, o) {
			for _, status := range r.statuses {
				byStatus[status] = append(byStatus[status], r.name)
			}
		}
	}
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		response := errorResponse(status, byStatus[status], shown.Errors[status])
		responses[status] = object{"$ref": "#/components/responses/" + b.share(status, response)}
	}
}

// share puts a response among those that operations share, and returns its name.
func (b *builder) share(status string, response object) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("HTTP%s.%d", status, n)
		known, taken := b.responses[name]
		if !taken {
			b.responses[name] = response
			return name
		}
		if reflect.DeepEqual(known, response) {
			return name
		}
	}
}

func errorResponse(status string, reasons []string, sample any) object {
	media := object{"schema": object{"allOf": []any{ref("google.rpc.Status"), object{
		"properties": object{"details": object{"contains": object{
			"required": []string{"reason"}, "properties": object{"reason": object{"enum": reasons}},
		}}},
	}}}}
	if sample != nil {
		media["example"] = sample
	}
	response := object{
		"description": fmt.Sprintf("Reasons: %s.", strings.Join(reasons, ", ")),
		"headers":     object{"X-Request-Id": header("RequestId")},
		"content":     object{"application/json": media, "application/problem+json": object{"schema": ref("Problem")}},
	}
	switch status {
	case "401":
		response["headers"].(object)["WWW-Authenticate"] = header("WwwAuthenticate")
	case "429", "503":
		response["headers"].(object)["Retry-After"] = header("RetryAfter")
	}
	return response
}

func header(name string) object { return object{"$ref": "#/components/headers/" + name} }
