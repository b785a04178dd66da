package backend

import (
	"context"
	"errors"

	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/resilience"
)

// newProbe returns a function that asks an endpoint, with an operation that only reads, how it is. Whatever the endpoint
// answers in SOAP shows that it is well, and so does a refusal of the account.
func newProbe(dialect soapbridge.Dialect, bridging []soapbridge.Option) func(context.Context, resilience.Client) error {
	method := exchange.Method(dialect.Probe)
	return func(ctx context.Context, client resilience.Client) error {
		bridge, err := soapbridge.New(dialect, client, exchange.Services(), bridging...)
		if err != nil {
			return err
		}
		_, err = bridge.Invoke(ctx, method, exchange.NewRequest(method))
		var failure *soapbridge.Error
		if !errors.As(err, &failure) {
			return err
		}
		switch failure.Kind {
		case soapbridge.KindFault, soapbridge.KindReplyRefused, soapbridge.KindUnauthorized, soapbridge.KindForbidden, soapbridge.KindThrottled:
			return nil
		}
		return err
	}
}
