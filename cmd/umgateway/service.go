package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/backend"
)

// service is a gateway with everything behind it. A call goes through the gateway's interceptors, what was seen of watched
// calls, the ledger, the leases and the caller's identity to the backend.
type service struct {
	*gateway.Gateway
	backend  *backend.Backend
	accounts *accounts
	memory   *memory
	leases   *leasing // nil until there are any
	observed *observation
	auditor  *auditor       // nil if calls are not recorded
	closers  []func() error // of what else there is
}

// assemble puts a service together. It owns the memory, also when there is an error.
func assemble(settings backend.Settings, config gateway.Config, m *memory, logger *slog.Logger) (*service, error) {
	observed, err := observe(logger)
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	m.observe = observed.metrics.ObserveLedger
	back, err := backend.Open(settings, observed.options(logger))
	if err != nil {
		return nil, errors.Join(err, m.close(), observed.close())
	}
	s := &service{backend: back, memory: m, observed: observed, closers: []func() error{observed.close}}
	if err := s.build(settings, config, logger); err != nil {
		return nil, errors.Join(err, s.close())
	}
	back.Subscribe(s.SetServing)
	return s, nil
}

func (s *service) build(settings backend.Settings, config gateway.Config, logger *slog.Logger) error {
	var err error
	if s.accounts, err = openAccounts(settings, logger); err != nil {
		return err
	}
	config.Identity, config.CallerCredentials = s.accounts.name, settings.Identity == backend.IdentityCallerBasic
	next := s.accounts.acting(s.backend)
	watcher, err := watch(next, s.accounts.key, s.observed.backend.Polled)
	if err != nil {
		return err
	}
	attended := func(callID string) bool { return watcher.Attended("", callID) }
	if s.leases, err = leases(s.memory.leases, next, attended, logger); err != nil {
		return err
	}
	s.leases.ofCallers, watcher.left = !settings.OwnAccount(), s.leases.keeper.Seen
	if watcher.Invoker, err = guard(s.memory.ledger, s.leases, s.accounts); err != nil {
		return err
	}
	config.Invoker, config.Watcher = watcher, watcher
	config.Around = s.observed.around()
	if err := s.observed.show(s, watcher); err != nil {
		return err
	}
	s.Gateway, err = gateway.New(config)
	return err
}

// close releases what the service holds, after it has served.
func (s *service) close() error {
	closeLeases := s.memory.leases.Close
	if s.leases != nil {
		closeLeases = s.leases.keeper.Close // which owns the store
	}
	errs := []error{closeLedger(s.memory), closeLeases(), s.backend.Close()}
	for _, closeIt := range s.closers {
		errs = append(errs, closeIt())
	}
	return errors.Join(errs...)
}

// recordTimeout is how long outcomes that could not be recorded yet are waited for at the end.
const recordTimeout = 10 * time.Second

func (m *memory) close() error { return errors.Join(closeLedger(m), m.leases.Close()) }

func closeLedger(m *memory) error {
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	return m.ledger.Close(ctx)
}
