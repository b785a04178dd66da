package gateway

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// route is one HTTP binding of an rpc, as the schema has it. The generated code does the routing; this is what it does not
// tell.
type route struct {
	method  *method
	verb    string
	pattern string // as runtime.Pattern writes it
	path    *regexp.Regexp
	empty   *regexp.Regexp // path with nothing in the place of the variable; nil if it has none
	inPath  string         // the variable
	after   string         // of the path, what comes after the variable; all of it if there is none
	query   []string       // names that the query may use
	hasBody bool
	plain   plainFields // of the body

	direct   bool                         // see isDirect
	variable protoreflect.FieldDescriptor // what inPath names, if the route is direct
}

var templateVariable = regexp.MustCompile(`\{([^}=]+)\}`)

// routesOf lists the bindings of all methods.
func routesOf(methods map[string]*method) ([]*route, error) {
	var routes []*route
	for _, m := range methods {
		rule, _ := proto.GetExtension(m.descriptor.Options(), annotations.E_Http).(*annotations.HttpRule)
		if rule == nil {
			return nil, fmt.Errorf("%s has no HTTP binding", m.descriptor.FullName())
		}
		for _, binding := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
			r, err := newRoute(m.descriptor.Input(), binding)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.descriptor.FullName(), err)
			}
			r.method = m
			r.variable, r.direct = plainBinding(m.descriptor, binding, r.inPath)
			routes = append(routes, r)
		}
	}
	return routes, nil
}

func newRoute(input protoreflect.MessageDescriptor, binding *annotations.HttpRule) (*route, error) {
	verb, template := http.MethodGet, binding.GetGet()
	if template == "" {
		verb, template = http.MethodPost, binding.GetPost()
	}
	if template == "" || strings.Count(template, "{") > 1 {
		return nil, fmt.Errorf("only GET and POST bindings with at most one variable are served, not %v", binding)
	}
	before, variable, after := splitTemplate(template)
	r := &route{
		verb: verb, pattern: templateVariable.ReplaceAllString(template, "{$1=*}"), hasBody: binding.GetBody() != "",
		inPath: variable, after: after,
	}
	if variable == "" {
		r.after = template
	}
	r.path = regexp.MustCompile("^" + regexp.QuoteMeta(before) + regexp.QuoteMeta(after) + "$")
	if variable != "" {
		r.empty = r.path
		r.path = regexp.MustCompile("^" + regexp.QuoteMeta(before) + "[^/]+" + regexp.QuoteMeta(after) + "$")
	}
	if binding.GetBody() == "*" {
		r.plain = plainFieldsOf(input)
		return r, nil
	}
	for i := range input.Fields().Len() {
		field := input.Fields().Get(i)
		if string(field.Name()) != r.inPath && binding.GetBody() != string(field.Name()) {
			r.query = append(r.query, string(field.Name()), field.JSONName())
		}
	}
	return r, nil
}

// plainBinding tells whether a request of the binding is nothing but its body and a text in its path, and finds the field of
// that.
func plainBinding(m protoreflect.MethodDescriptor, binding *annotations.HttpRule, inPath string) (variable protoreflect.FieldDescriptor, plain bool) {
	if inPath != "" {
		variable = m.Input().Fields().ByName(protoreflect.Name(inPath))
		if variable == nil || variable.Kind() != protoreflect.StringKind || variable.IsList() {
			return nil, false
		}
	}
	body := binding.GetBody() == "" || binding.GetBody() == "*"
	return variable, body && binding.GetResponseBody() == "" && !m.IsStreamingServer()
}

// splitTemplate divides a path template at its variable; it has at most one.
func splitTemplate(template string) (before, variable, after string) {
	at := templateVariable.FindStringSubmatchIndex(template)
	if at == nil {
		return template, "", ""
	}
	return template[:at[0]], template[at[2]:at[3]], template[at[1]:]
}

// routeOf finds the binding that the generated code has chosen.
func routeOf(routes []*route, request *http.Request) *route {
	pattern, known := runtime.HTTPPattern(request.Context())
	if !known {
		return nil
	}
	name := pattern.String()
	for _, r := range routes {
		if r.verb == request.Method && r.pattern == name {
			return r
		}
	}
	return nil
}

// checkQuery refuses parameters that the route does not have, which the generated code would ignore, and values that it
// would refuse without naming the field.
func (r *route) checkQuery(raw string) error {
	if raw == "" {
		return nil
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return invalidRequest("the query is not well formed")
	}
	refused, seen := &requestError{}, map[protoreflect.Name]bool{}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		if first, _, _ := strings.Cut(name, "."); !slices.Contains(r.query, first) {
			refused.add(name, "is not a query parameter of this method"+suggest(name, r.query))
		} else if field := findField(r.method.descriptor.Input(), name); field != nil {
			refused.explainParameter(field, values, seen[field.Name()])
			seen[field.Name()] = true
		}
	}
	if len(refused.violations) == 0 {
		return nil
	}
	slices.SortFunc(refused.violations, byField)
	return refused
}

// explainParameter adds what is wrong with the values of a query parameter.
func (e *requestError) explainParameter(field protoreflect.FieldDescriptor, values []string, seen bool) {
	if seen || len(values) > 1 {
		e.add(string(field.Name()), "stands twice in the query")
		return
	}
	if _, err := time.ParseDuration(values[0]); err != nil && isDuration(field) {
		e.add(string(field.Name()), `must be a duration, such as "5s"`)
	}
}

// refuseRoute answers requests that lead nowhere.
func (g *Gateway) refuseRoute(routes []*route) runtime.RoutingErrorHandlerFunc {
	return func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, httpStatus int) {
		if missing := missingVariable(routes, r); missing != "" {
			g.refuse(w, r, refusedRequest(invalidField(missing, "value is required")))
			return
		}
		switch httpStatus {
		case http.StatusMethodNotAllowed:
			allowed := allowedMethods(routes, r.URL.EscapedPath())
			w.Header().Set("Allow", allowed)
			g.refuse(w, r, &Error{Code: codes.Unimplemented, Reason: reasonMethodNotAllowed,
				Message: "this path does not have the method " + shortened(r.Method) + ", but " + allowed})
		case http.StatusBadRequest:
			g.refuse(w, r, refusedRequest(invalidRequest("the path is not well formed")))
		default:
			g.refuse(w, r, &Error{Code: codes.NotFound, Reason: reasonRouteNotFound,
				Message: g.noSuchPath(r.URL.Path)})
		}
	}
}

// noSuchPath says what to do about a path that leads nowhere.
func (g *Gateway) noSuchPath(path string) string {
	switch _, documented := g.config.Pages["GET /docs"]; {
	case strings.HasPrefix(path, apiPrefix):
		return "no method has this path; an id in a path must be percent-encoded, \"/\" as %2F"
	case (path == consolePath || path == consolePath+"/") && g.config.Pages["GET "+consolePath] == nil:
		return "the console is not served: start the gateway with --console"
	case documented:
		return "there is nothing at this path: see /docs/"
	}
	return "there is nothing at this path: the methods are below " + apiPrefix
}

// consolePath is where the console is, if it is served.
const consolePath = "/console"

// missingVariable names the variable that a path leaves empty; it is empty if that is not what is wrong.
func missingVariable(routes []*route, request *http.Request) string {
	path := request.URL.EscapedPath()
	for _, r := range routes {
		if r.verb == request.Method && r.empty != nil && r.empty.MatchString(path) {
			return r.inPath
		}
	}
	return ""
}

func allowedMethods(routes []*route, path string) string {
	var verbs []string
	for _, r := range routes {
		if r.path.MatchString(path) {
			verbs = append(verbs, r.verb)
		}
	}
	slices.Sort(verbs)
	return strings.Join(slices.Compact(verbs), ", ")
}

// shortened keeps a foreign word from filling a message.
func shortened(word string) string { return word[:min(len(word), 32)] }
