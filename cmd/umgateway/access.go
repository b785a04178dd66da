package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/ratelimit"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/routing"
	"github.com/umgateway/umgateway/internal/tlsfile"
)

// accessFlags say who may reach the gateway, and how.
type accessFlags struct {
	TLSCertFile     string `name:"tls-cert-file" placeholder:"FILE" help:"Certificate of both fronts, with what stands between it and the root. It is read again when it changes."`
	TLSKeyFile      string `name:"tls-key-file" placeholder:"FILE" help:"Private key of the certificate."`
	TLSClientCAFile string `name:"tls-client-ca-file" placeholder:"FILE" help:"Authorities that sign the certificates of callers."`
	AllowAnonymous  bool   `name:"allow-anonymous" help:"Serve everybody on an address that other machines can reach, though no callers are configured."`
}

// access is who may call, as it stands now.
type access struct {
	files  *tlsfile.Files // nil without TLS
	now    atomic.Pointer[rules]
	loaded func(inUse bool) // told whether the file, after it has changed, is in use

	exposed   []net.Addr // where other machines reach the gateway
	anonymous bool       // and may do so without callers being configured
}

// rules are what a configuration file says about callers.
type rules struct {
	authenticator *authn.Authenticator
	policy        *policy.Policy
	limiter       *ratelimit.Limiter
	limits        ratelimit.Config // of the limiter
	routing       *routing.Table   // nil if there is one backend
	basicOnly     bool             // every backend is shown the callers' own passwords
}

// closed tells whether there are callers who may not call. Where passwords are forwarded to some backends only, the others
// are open to those who show none, unless a policy says otherwise.
func (r *rules) closed() bool {
	return r.policy != nil || r.authenticator.Configured() && r.basicOnly
}

// newAccess compiles the sections of the configuration file.
func newAccess(flags accessFlags, s sections, to reach, logger *slog.Logger) (*access, error) {
	a := &access{loaded: func(bool) {}}
	if flags.TLSCertFile != "" || flags.TLSKeyFile != "" {
		files, err := tlsfile.Open(tlsfile.Config{
			CertFile: flags.TLSCertFile, KeyFile: flags.TLSKeyFile, ClientCAFile: flags.TLSClientCAFile, Log: logger,
		})
		if err != nil {
			return nil, fmt.Errorf("serve: %w", err)
		}
		a.files = files
	} else if flags.TLSClientCAFile != "" {
		return nil, errors.New("serve: --tls-client-ca-file needs --tls-cert-file and --tls-key-file")
	}
	if err := a.load(s, to, logger); err != nil {
		return nil, err
	}
	return a, nil
}

// load compiles sections and puts them in force.
func (a *access) load(s sections, to reach, logger *slog.Logger) error {
	next := &rules{basicOnly: to.basicOnly}
	var err error
	s.Callers.Basic = to.basic
	options := authn.Options{Log: logger, ClientCAs: a.clientCAs()}
	before := a.now.Load()
	if before != nil {
		options.Previous = before.authenticator
	}
	if s.Callers.Certificates != nil && options.ClientCAs == nil {
		return errors.New("config: callers: client_certificates: needs --tls-client-ca-file")
	}
	if next.authenticator, err = authn.New(s.Callers, options); err != nil {
		return fmt.Errorf("config: callers: %w", err)
	}
	if configured := s.Callers.Certificates != nil || len(s.Callers.Issuers) > 0; s.Policy != nil || configured {
		if s.Policy == nil {
			s.Policy = &policy.Config{} // denies everything
		}
		if next.policy, err = policy.New(*s.Policy, rpcs(), to.names...); err != nil {
			return fmt.Errorf("config: policy: %w", err)
		}
	}
	if err := next.limit(s.Limits, before); err != nil {
		return err
	}
	if next.routing, err = routes(s.Routing, to); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	// A file that is empty for a moment must not let everybody ring telephones.
	if before != nil && before.closed() && !next.closed() {
		return errors.New("config: the file no longer says who may call: restart the gateway if everybody shall")
	}
	if err := a.refuseOpen(next); err != nil {
		return err
	}
	a.now.Store(next)
	if before != nil {
		next.warnOpen(logger)
	}
	return nil
}

// warnOpen tells which rules let everybody call.
func (r *rules) warnOpen(logger *slog.Logger) {
	if r.policy == nil {
		return
	}
	if names := r.policy.Anonymous(); len(names) > 0 {
		logger.Warn("the policy has rules about everyone: whoever reaches the gateway may make the calls that they allow, without a credential", "rules", names)
	}
}

// limit takes over what callers have spent, if the limits are the same.
func (r *rules) limit(limits ratelimit.Config, before *rules) (err error) {
	r.limits = limits
	switch {
	case limits == ratelimit.Config{}:
	case before != nil && before.limits == limits:
		r.limiter = before.limiter
	default:
		if r.limiter, err = ratelimit.New(limits, nil); err != nil {
			return fmt.Errorf("config: limits: %w", err)
		}
	}
	return nil
}

func (a *access) clientCAs() func() *x509.CertPool {
	if a.files == nil || a.files.ClientCAs() == nil {
		return nil
	}
	return a.files.ClientCAs
}

// apply has a gateway ask for the access of the moment.
func (a *access) apply(config *gateway.Config) {
	config.Authenticator = func() *authn.Authenticator { return a.now.Load().authenticator }
	config.Policy = func() *policy.Policy { return a.now.Load().policy }
	config.Limiter = func() *ratelimit.Limiter { return a.now.Load().limiter }
	if a.files != nil {
		config.TLS = a.files.TLS
	}
}

// routing is the table of the moment.
func (a *access) routing() *routing.Table { return a.now.Load().routing }

// checkOpen refuses to serve everybody on an address that other machines can reach, now and when the file is read again, and
// warns of credentials that others on the way can read.
func (a *access) checkOpen(flags accessFlags, on []net.Addr, logger *slog.Logger) error {
	a.anonymous = flags.AllowAnonymous
	now := a.now.Load()
	for _, at := range on {
		if address, isTCP := at.(*net.TCPAddr); isTCP && address.IP.IsLoopback() {
			continue
		}
		a.exposed = append(a.exposed, at)
		if now.authenticator.Configured() && a.files == nil {
			logger.Warn("callers show their credentials without TLS, unless something before the gateway ends it", "address", at.String())
		}
	}
	now.warnOpen(logger)
	return a.refuseOpen(now)
}

// refuseOpen refuses rules that nobody has written for an address that other machines can reach.
func (a *access) refuseOpen(next *rules) error {
	if len(a.exposed) == 0 || a.anonymous || next.authenticator.Configured() && next.closed() {
		return nil
	}
	return fmt.Errorf("serve: %s can be reached by other machines, and everybody who reaches it could ring telephones: "+
		"configure callers in the file of --config, or say --allow-anonymous", a.exposed[0])
}

// rpcs lists the full names of all rpcs.
func rpcs() []string {
	var names []string
	for _, service := range exchange.Services() {
		for i := range service.Methods().Len() {
			names = append(names, fmt.Sprintf("/%s/%s", service.FullName(), service.Methods().Get(i).Name()))
		}
	}
	return names
}
