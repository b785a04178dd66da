package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/ledger"
)

var errNoBackend = errors.New(`serve: no backend is set
Say where Exchange is:    umgateway serve --backend-url https://mail.example.com/UnifiedMessaging/Service.asmx
or by the environment:    UMGATEWAY_BACKEND_URL=…
Without Exchange at hand: umgateway demo`)

// service is a gateway with everything behind it.
type service struct {
	*gateway.Gateway
	backend *backend.Backend
	ledger  *ledger.Ledger
}

// assemble puts a gateway together: a call goes through the gateway's interceptors, what was seen of watched calls, the
// ledger and the caller's identity to the backend. The service owns the ledger, also when there is an error.
func assemble(settings backend.Settings, config gateway.Config, l *ledger.Ledger, logger *slog.Logger) (*service, error) {
	back, err := backend.Open(settings, backend.Options{Log: logger})
	if err != nil {
		return nil, errors.Join(err, closeLedger(l))
	}
	s := &service{backend: back, ledger: l}
	if s.Gateway, err = s.front(settings, config, logger); err != nil {
		return nil, errors.Join(err, s.close())
	}
	back.Subscribe(s.SetServing)
	return s, nil
}

func (s *service) front(settings backend.Settings, config gateway.Config, logger *slog.Logger) (*gateway.Gateway, error) {
	var next gateway.Invoker = s.backend
	if settings.Identity == backend.IdentityCallerBasic {
		next, config.CallerCredentials = asCaller{next}, true
		authenticator, err := authn.New(authn.Config{Basic: true}, authn.Options{Log: logger})
		if err != nil {
			return nil, fmt.Errorf("serve: %w", err)
		}
		config.Authenticator = authenticator
	}
	next, err := guard(s.ledger, next, settings)
	if err != nil {
		return nil, err
	}
	watcher, err := watch(next)
	if err != nil {
		return nil, err
	}
	config.Invoker, config.Watcher = watcher, watcher
	return gateway.New(config)
}

// close releases what the service holds, after it has served.
func (s *service) close() error { return errors.Join(closeLedger(s.ledger), s.backend.Close()) }

// recordTimeout is how long outcomes that could not be recorded yet are waited for at the end.
const recordTimeout = 10 * time.Second

func closeLedger(l *ledger.Ledger) error {
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	return l.Close(ctx)
}
