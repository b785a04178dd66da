package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/principal"
)

type policyCommand struct {
	Explain policyExplainCommand `cmd:"" help:"Say why a caller may, or may not, make a call."`
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
}

// Run explains.
func (c *policyExplainCommand) Run(env *environment) error {
	file, err := readConfig(c.Config)
	if err != nil {
		return err
	}
	if file.sections.Policy == nil {
		return errors.New("policy explain: the file has no section policy: with callers configured everything is denied, without them nothing is")
	}
	rules, err := policy.New(*file.sections.Policy, rpcs())
	if err != nil {
		return fmt.Errorf("config: policy: %w", err)
	}
	rpc, err := fullName(c.RPC)
	if err != nil {
		return err
	}
	kinds := map[string]principal.Kind{"none": principal.None, "basic": principal.Basic, "mtls": principal.MTLS, "jwt": principal.JWT}
	caller := policy.Hypothetical(principal.Facts{
		Kind: kinds[c.Kind], Name: c.Name, Issuer: c.Issuer, Roles: c.Roles, Scopes: c.Scopes, CertificateNames: c.CertificateNames,
	})
	_, err = fmt.Fprintln(env.stdout, strings.TrimSuffix(rules.Explain(caller, policy.Request{
		RPC: rpc, Identity: c.Identity, DialString: c.DialString,
	}), "\n"))
	return err
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
