package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/lease"
	"github.com/umgateway/umgateway/internal/routing"
)

// service is a gateway with everything behind it. A call goes through the gateway's interceptors, and then down the lane of
// the backend that carries it out.
type service struct {
	*gateway.Gateway
	lanes    []*lane // in the order of their names
	memory   *memory
	keeper   *lease.Keeper                // of leases; nil until there is one
	identity func(context.Context) string // as whom the backend is asked
	observed *observation
	auditor  *auditor       // nil if calls are not recorded
	closers  []func() error // of what else there is
}

// assemble puts a service together. Of several backends, the table of the moment chooses. It owns the memory, also when there
// is an error.
func assemble(backends []named, table func() *routing.Table, config gateway.Config, m *memory, logger *slog.Logger) (*service, error) {
	observed, err := observe(logger)
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	m.observe = observed.metrics.ObserveLedger
	s := &service{memory: m, observed: observed, closers: []func() error{observed.close}}
	for _, b := range backends {
		l, err := openLane(b, observed, logger)
		if l.backend != nil {
			s.lanes = append(s.lanes, l)
		}
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	if err := s.build(table, config, logger); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.followHealth()
	return s, nil
}

func (s *service) build(table func() *routing.Table, config gateway.Config, logger *slog.Logger) error {
	var err error
	if s.keeper, err = keepLeases(s.memory.leases, s.lanes, logger); err != nil {
		return err
	}
	for _, l := range s.lanes {
		if err := l.build(s.memory, s.keeper); err != nil {
			return err
		}
	}
	if len(s.lanes) == 1 {
		// Nothing is looked up where there is nothing to choose.
		l := s.lanes[0]
		config.Invoker, config.Watcher, config.Backend, config.Identity = l.watching, l.watching, l.name, l.accounts.name
		config.CallerCredentials = l.Identity == backend.IdentityCallerBasic
	} else {
		r := &router{lanes: s.lanes, table: table, memory: routing.NewMemory(), keeper: s.keeper, policy: config.Policy}
		if r.policy == nil {
			r.policy = func() *policy.Policy { return nil }
		}
		config.Invoker, config.Watcher, config.Route, config.Identity = r, r, r.route, r.identity
		config.Headers = func(name string) bool { return table().Reads(name) }
	}
	s.identity, config.Around, config.Refused = config.Identity, s.observed.around(), s.observed.metrics.Refused
	if err := s.observed.show(s); err != nil {
		return err
	}
	s.Gateway, err = gateway.New(config)
	return err
}

// followHealth has the gateway serve as long as a backend does.
func (s *service) followHealth() {
	var mu sync.Mutex
	up := make([]bool, len(s.lanes))
	for i, l := range s.lanes {
		l.backend.Subscribe(func(serving bool) {
			mu.Lock()
			defer mu.Unlock()
			up[i] = serving
			s.SetServing(slices.Contains(up, true))
		})
	}
}

// backendServes tells whether it makes sense to send calls to any backend.
func (s *service) backendServes() bool {
	return slices.ContainsFunc(s.lanes, func(l *lane) bool { return l.backend.Serving() })
}

// close releases what the service holds, after it has served.
func (s *service) close() error {
	closeLeases := s.memory.leases.Close
	if s.keeper != nil {
		closeLeases = s.keeper.Close // which owns the store
	}
	errs := []error{closeLedger(s.memory), closeLeases()}
	for _, l := range s.lanes {
		errs = append(errs, l.backend.Close())
	}
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
