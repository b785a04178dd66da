package main

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/internal/backend"
)

// about is a policy whose one rule allows everything to some callers.
func about(callers policy.Callers) *policy.Config {
	return &policy.Config{Rules: []policy.Rule{{Name: "all", Callers: callers, RPCs: []string{"*"}, Dial: policy.Dial{Allow: []string{"*"}}}}}
}

func TestRulesForEveryoneAreWarnedOfAndNeedCallersBeyondThisMachine(t *testing.T) {
	t.Parallel()
	issuer, _ := newIssuer(t)
	issuers := authn.Config{Issuers: []authn.IssuerConfig{{URL: issuer.URL, Audiences: []string{"umgateway"}}}}
	closed := sections{Callers: issuers, Policy: about(policy.Callers{Authenticated: true})}
	everyone := about(policy.Callers{Everyone: true})
	const warning = "whoever reaches the gateway may make the calls"
	for name, c := range map[string]struct {
		address                 string
		next                    sections
		refused, refusedAtStart bool
		warnings                int
	}{
		"with callers":                   {"192.0.2.1", sections{Callers: issuers, Policy: everyone}, false, false, 1},
		"without callers":                {"192.0.2.1", sections{Policy: everyone}, true, true, 0},
		"without callers, this machine":  {"127.0.0.1", sections{Policy: everyone}, false, false, 1},
		"with a policy about some only":  {"192.0.2.1", closed, false, false, 0},
		"without callers and the policy": {"127.0.0.1", sections{}, true, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&log, nil))
			to := reachOf(only(backend.Settings{}))
			on := []net.Addr{&net.TCPAddr{IP: net.ParseIP(c.address), Port: 8080}}
			a, err := newAccess(accessFlags{}, closed, to, logger)
			if err == nil {
				err = a.checkOpen(accessFlags{}, on, logger)
			}
			if err != nil || strings.Contains(log.String(), warning) {
				t.Fatalf("closed: %v, %s", err, log.String())
			}
			before := a.now.Load()
			if err := a.load(c.next, to, logger); (err != nil) != c.refused || c.refused && a.now.Load() != before {
				t.Errorf("read again: %v", err)
			}
			if n := strings.Count(log.String(), warning); n != c.warnings {
				t.Errorf("%d warnings in %s", n, log.String())
			}
			log.Reset()
			if a, err = newAccess(accessFlags{}, c.next, to, logger); err != nil {
				t.Fatal(err)
			}
			if err := a.checkOpen(accessFlags{}, on, logger); (err != nil) != c.refusedAtStart {
				t.Errorf("at start: %v", err)
			}
			if n := strings.Count(log.String(), warning); err == nil && !c.refusedAtStart && n != c.warnings {
				t.Errorf("at start: %d warnings in %s", n, log.String())
			}
		})
	}
}
