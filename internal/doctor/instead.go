package doctor

import (
	"context"
	"slices"

	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/soapbridge"
)

// instead looks for settings with which the server knows the operation, when it has said that it does not. It has let the
// gateway in then, so that asking again is no second attempt to sign in.
func (x *examination) instead(ctx context.Context, failure *soapbridge.Error) {
	if !misunderstood(failure) {
		return
	}
	if x.settings.Namespace == "http" || x.settings.Namespace == "https" {
		other := x.settings
		other.Namespace = "auto"
		if speaks(ctx, other) {
			x.find("namespace", Fail, "the server does not know the namespace with "+x.settings.Namespace+", but the other one", "leave out --backend-namespace")
			return
		}
	}
	other := x.settings
	other.Namespace, other.Probe = "auto", 0
	other.Dialect = exchange.EWS
	if x.settings.Dialect == exchange.EWS {
		other.Dialect = exchange.UMWS
	}
	if other.Check() == nil && speaks(ctx, other) {
		x.find("dialect", Fail, "the server speaks "+other.Dialect+" at this address", "set --backend-dialect "+other.Dialect)
	}
}

// misunderstood tells whether the server speaks, but not of this operation. Exchange Web Services may say that it breaks their
// schema.
func misunderstood(failure *soapbridge.Error) bool {
	if failure.Kind == soapbridge.KindNotDispatched {
		return true
	}
	return failure.Fault != nil && slices.ContainsFunc(failure.Fault.Names(), func(name string) bool {
		return name == "ErrorSchemaValidation" || name == "ErrorInvalidRequest"
	})
}

// speaks tells whether a server knows the operation with the settings.
func speaks(ctx context.Context, settings backend.Settings) bool {
	back, err := backend.Open(settings, backend.Options{})
	if err != nil {
		return false
	}
	defer back.Close()
	method, request := probe(settings)
	_, err = back.Invoke(ctx, exchange.Method(method), request)
	return err == nil || isUnknownCall(err)
}
