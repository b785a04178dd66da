package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// route is one HTTP binding of an rpc.
type route struct {
	verb, template string
	body           bool // the fields stand in the body
}

// routeOf finds the route of an rpc. Of several it takes one that has no field in the path: an id with a slash in it does
// not pass every proxy.
func routeOf(method string) (route, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return route{}, err
	}
	rule, annotated := proto.GetExtension(found.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !annotated || rule == nil {
		return route{}, errors.New("has no route over REST")
	}
	var best *route
	for _, binding := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		r, err := bound(binding)
		if err != nil {
			return route{}, err
		}
		if best == nil || strings.Contains(best.template, "{") && !strings.Contains(r.template, "{") {
			best = &r
		}
	}
	return *best, nil
}

func bound(rule *annotations.HttpRule) (route, error) {
	r := route{body: rule.GetBody() == "*"}
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		r.verb, r.template = http.MethodGet, pattern.Get
	case *annotations.HttpRule_Post:
		r.verb, r.template = http.MethodPost, pattern.Post
	default:
		return r, fmt.Errorf("has a route of the unknown kind %T", pattern)
	}
	return r, nil
}

// variable is a field in the path. The schema has only those that take one segment.
var variable = regexp.MustCompile(`\{([a-z0-9_]+)\}`)

// fill puts the fields of a request where the route has them: into the path, and the others into the body or the query.
func (r route) fill(in proto.Message) (path string, body []byte, err error) {
	whole, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(in)
	if err != nil {
		return "", nil, err
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(whole, &fields); err != nil {
		return "", nil, err
	}
	path = variable.ReplaceAllStringFunc(r.template, func(match string) string {
		name := strings.Trim(match, "{}")
		value, textErr := text(fields[name])
		if textErr != nil || value == "" {
			err = errors.Join(err, fmt.Errorf("%s must not be empty", name))
		}
		delete(fields, name)
		return escape(value)
	})
	if err != nil {
		return "", nil, err
	}
	if r.body {
		body, err = json.Marshal(fields)
		return path, body, err
	}
	query := url.Values{}
	for name, raw := range fields {
		value, err := text(raw)
		if err != nil {
			return "", nil, fmt.Errorf("%s has no place in a query", name)
		}
		query.Set(name, value)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, nil, nil
}

// text is the plain form of a JSON value that is neither an object nor an array.
func text(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "", nil
	}
	switch raw[0] {
	case '"':
		var value string
		err := json.Unmarshal(raw, &value)
		return value, err
	case '{', '[':
		return "", errors.New("not a plain value")
	}
	return string(raw), nil
}

// escape writes a value as one segment of a path. Whatever could mean something there is escaped, the colon before the verb
// of a custom method too (RFC 3986 section 2.3).
func escape(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") }
