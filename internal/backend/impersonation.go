package backend

import (
	"context"
	"errors"

	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

type actingAsKey struct{}

// ActAs returns the context of calls that are to be carried out as the identity.
func ActAs(ctx context.Context, identity Identity) context.Context {
	if identity.Account != nil {
		return transport.WithIdentity(ctx, identity.Account)
	}
	return context.WithValue(ctx, actingAsKey{}, identity)
}

// impersonation is the header of calls that are carried out for a mailbox. Without one nothing is sent: the account of the
// service must not act for itself.
func impersonation(ctx context.Context) ([]soapbridge.HeaderElement, error) {
	identity, _ := ctx.Value(actingAsKey{}).(Identity)
	if identity.Mailbox == "" {
		return nil, errors.New("impersonate: the call names no mailbox")
	}
	return []soapbridge.HeaderElement{exchange.Impersonation(identity.Mailbox, identity.ByPrincipalName)}, nil
}
