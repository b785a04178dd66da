package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/internal/backend"
)

var errNoBackend = errors.New(`serve: no backend is set
Say where Exchange is:    umgateway serve --backend-url https://mail.example.com/UnifiedMessaging/Service.asmx
or by the environment:    UMGATEWAY_BACKEND_URL=…
Without Exchange at hand: umgateway demo`)

// connect opens the backend and builds a gateway before it.
func connect(settings backend.Settings, config gateway.Config, logger *slog.Logger) (*gateway.Gateway, *backend.Backend, error) {
	back, err := backend.Open(settings, backend.Options{Log: logger})
	if err != nil {
		return nil, nil, err
	}
	config.Invoker = back
	if settings.Identity == backend.IdentityCallerBasic {
		config.Invoker, config.CallerCredentials = asCaller{back}, true
		if config.Authenticator, err = authn.New(authn.Config{Basic: true}, authn.Options{Log: logger}); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("serve: %w", err), back.Close())
		}
	}
	g, err := gateway.New(config)
	if err != nil {
		return nil, nil, errors.Join(err, back.Close())
	}
	back.Subscribe(g.SetServing)
	return g, back, nil
}
