package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/routing"
)

type policyCommand struct {
	Explain policyExplainCommand `cmd:"" help:"Say why a caller may, or may not, make a call. The exit code is 3 if not."`
}

type policyExplainCommand struct {
	Config           string   `name:"config" required:"" placeholder:"FILE" help:"Configuration file with the policy."`
	RPC              string   `arg:"" help:"The rpc, such as PlayOnPhone."`
	Kind             string   `enum:"none,basic,mtls,jwt" default:"none" help:"Kind of credential: ${enum} (${default})."`
	Name             string   `help:"The caller's name."`
	Issuer           string   `help:"Issuer of the caller's token."`
	Roles            []string `name:"role" help:"A role of the caller. Repeatable."`
	Scopes           []string `name:"scope" help:"A scope of the caller. Repeatable."`
	CertificateNames []string `name:"certificate-name" help:"A name in the caller's certificate, such as dns:host.example.com. Repeatable."`
	Identity         string   `help:"Account or mailbox for which the backend would be asked."`
	DialString       string   `name:"dial-string" help:"What is to be dialled."`
	Headers          []string `name:"header" placeholder:"NAME=VALUE" help:"A header of the call, or gRPC metadata, that chooses the backend. Repeatable."`
	Output           string   `short:"o" enum:"table,json" default:"table" help:"Form of the answer: ${enum} (${default})."`
}

// exitDenied is the exit code of an explanation why a call is denied.
const exitDenied = 3

// explained is the answer of policy explain.
type explained struct {
	// Allowed tells whether the call is made: the policy allows it, and the routing has a backend for it.
	Allowed bool                 `json:"allowed"`
	Policy  policy.Explanation   `json:"policy"`
	Routing *routing.Explanation `json:"routing,omitempty"` // nil if there is nothing to choose
}

// Run explains.
func (c *policyExplainCommand) Run(env *environment) error {
	rules, table, backends, err := c.read()
	if err != nil {
		return err
	}
	rpc, err := fullName(c.RPC)
	if err != nil {
		return err
	}
	kinds := map[string]principal.Kind{"none": principal.None, "basic": principal.Basic, "mtls": principal.MTLS, "jwt": principal.JWT}
	caller := policy.Hypothetical(principal.Facts{
		Kind: kinds[c.Kind], Name: c.Name, Issuer: c.Issuer, Roles: c.Roles, Scopes: c.Scopes, CertificateNames: c.CertificateNames,
	})
	request := policy.Request{RPC: rpc, Backend: backends[0], Identity: c.Identity, DialString: c.DialString}
	var answer explained
	if table != nil {
		headers, err := c.headers()
		if err != nil {
			return err
		}
		route := table.Explain(routing.Call{Caller: caller, RPC: rpc, Header: func(name string) []string { return headers[name] }})
		request.Backend, answer.Routing = route.Backend, &route
	}
	answer.Policy = rules.Explain(caller, request)
	answer.Allowed = answer.Policy.Allowed && request.Backend != ""
	if err := c.print(env, answer); err != nil {
		return err
	}
	if !answer.Allowed {
		return exitCode(exitDenied)
	}
	return nil
}

func (c *policyExplainCommand) print(env *environment, answer explained) error {
	if c.Output == "json" {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(answer)
	}
	text := answer.Policy.String()
	if answer.Routing != nil {
		if answer.Routing.Backend == "" {
			text = "denied: the routing has no backend for it; the policy says:\n" + text
		}
		text += answer.Routing.String()
	}
	_, err := fmt.Fprint(env.stdout, text)
	return err
}

// read reads the policy, the names of the backends, and if there are several, the routing.
func (c *policyExplainCommand) read() (*policy.Policy, *routing.Table, []string, error) {
	file, err := readConfig(c.Config)
	if err != nil {
		return nil, nil, nil, err
	}
	if file.sections.Policy == nil {
		return nil, nil, nil, errors.New("policy explain: the file has no section policy: with callers configured everything is denied, without them nothing is")
	}
	to := reachOf(only(backend.Settings{}))
	if len(file.sections.Backends) > 0 {
		to = reachOf(file.sections.Backends.list())
	}
	rules, err := policy.New(*file.sections.Policy, rpcs(), to.names...)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("config: policy: %w", err)
	}
	table, err := routes(file.sections.Routing, to)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("config: %w", err)
	}
	return rules, table, to.names, nil
}

// headers are those of the call, by their names in lower case.
func (c *policyExplainCommand) headers() (map[string][]string, error) {
	headers := map[string][]string{}
	for _, header := range c.Headers {
		name, value, found := strings.Cut(header, "=")
		if !found {
			return nil, fmt.Errorf("policy explain: --header: %q: want a name, = and a value", header)
		}
		name = strings.ToLower(name)
		headers[name] = append(headers[name], value)
	}
	return headers, nil
}

// fullName finds an rpc by its name, with or without its service.
func fullName(rpc string) (string, error) {
	for _, name := range rpcs() {
		if name == rpc || strings.HasSuffix(name, "/"+rpc) {
			return name, nil
		}
	}
	return "", fmt.Errorf("policy explain: there is no rpc %q", rpc)
}
