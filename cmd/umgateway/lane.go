package main

import (
	"fmt"
	"log/slog"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/lease"
	"github.com/umgateway/umgateway/internal/telemetry"
)

// lane is the way to one backend, with everything of its own on it. A call passes what was seen of watched calls, the ledger,
// the leases and the caller's identity.
type lane struct {
	named
	backend  *backend.Backend
	accounts *accounts
	acting   gateway.Invoker // at the end, as whom a call is to be carried out
	leases   *leasing
	watching *watching // at the beginning
	observed *telemetry.Backend
}

// openLane opens the end of a lane. What stands before it is added by build. With an error, the backend may be open.
func openLane(b named, observed *observation, logger *slog.Logger) (*lane, error) {
	l := &lane{named: b, observed: observed.metrics.Backend(b.name)}
	var err error
	if l.backend, err = backend.Open(b.Settings, observed.options(l.observed, logger)); err != nil {
		return l, b.wrap(err)
	}
	if l.accounts, err = openAccounts(b.Settings, logger); err != nil {
		return l, b.wrap(err)
	}
	l.acting = l.accounts.acting(l.backend)
	if l.watching, err = watch(l.acting, l.accounts.key, l.observed.Polled); err != nil {
		return l, b.wrap(err)
	}
	return l, nil
}

// build adds what all lanes share.
func (l *lane) build(m *memory, keeper *lease.Keeper) error {
	l.leases = &leasing{Invoker: l.acting, keeper: keeper, backend: l.name, ofCallers: !l.OwnAccount()}
	l.watching.left = func(callID string) { keeper.Seen(lease.Key(l.name, callID)) }
	var err error
	l.watching.Invoker, err = guard(m.ledger, l.leases, l.accounts, l.name)
	return l.wrap(err)
}

// wrap names the backend in an error, where there may be others.
func (n named) wrap(err error) error {
	if err == nil || n.name == defaultBackend {
		return err
	}
	return fmt.Errorf("backends: %s: %w", n.name, err)
}
