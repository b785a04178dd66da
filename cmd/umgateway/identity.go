package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

const (
	// reasonNotMapped: the file of identities has no entry for the caller.
	reasonNotMapped = "IDENTITY_NOT_MAPPED"
	// reasonCallerUnknown: the gateway itself must know the caller, by a token or a certificate.
	reasonCallerUnknown = string(authn.CredentialsMissing)
)

// accounts say as whom calls are carried out.
type accounts struct {
	settings backend.Settings
	named    *backend.Identities // nil unless a file names the identity of each caller
}

func openAccounts(settings backend.Settings, logger *slog.Logger) (*accounts, error) {
	named, err := settings.OpenIdentities(logger)
	if err != nil {
		return nil, err
	}
	return &accounts{settings, named}, nil
}

// name is the account, or the mailbox, for which the backend is asked in a context; empty if there is none.
func (a *accounts) name(ctx context.Context) string {
	if a.named != nil {
		identity, _ := a.mapped(ctx)
		return identity.Name()
	}
	if a.settings.Identity == backend.IdentityCallerBasic {
		credential, _ := principal.CredentialFromContext(ctx)
		return credential.User()
	}
	return a.settings.Username
}

// key tells the accounts of a context apart; it is empty if all calls have one. Who shows another password may be somebody
// else.
func (a *accounts) key(ctx context.Context) string {
	if a.named != nil {
		return a.name(ctx)
	}
	credential, shown := principal.CredentialFromContext(ctx)
	if !shown || a.settings.Identity != backend.IdentityCallerBasic {
		return ""
	}
	return fmt.Sprintf("%s %x", credential.User(), sha256.Sum256([]byte(credential.Password())))
}

// mapped finds the identity of the caller, whom the gateway itself must have authenticated.
func (a *accounts) mapped(ctx context.Context) (backend.Identity, bool) {
	caller, _ := principal.FromContext(ctx)
	if !caller.Verified() {
		return backend.Identity{}, false
	}
	return a.named.Of(backend.Caller{Kind: caller.Kind().String(), Issuer: caller.Issuer(), Name: caller.Name()})
}

// acting has calls carried out by a backend as whom they should.
func (a *accounts) acting(next gateway.Invoker) gateway.Invoker {
	switch {
	case a.named != nil:
		return asMapped{next, a}
	case a.settings.Identity == backend.IdentityCallerBasic:
		return asCaller{next}
	}
	return next
}

// asCaller has calls carried out with the caller's own user name and password.
type asCaller struct{ gateway.Invoker }

// Invoke carries the call out as the caller. A caller who has shown no credential is asked for one.
func (a asCaller) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	credential, shown := principal.CredentialFromContext(ctx)
	if !shown {
		return nil, &gateway.Error{
			Code: codes.Unauthenticated, Reason: reasonCallerUnknown,
			Message: "the backend acts on the caller's own mailbox: send a user name and a password by HTTP Basic authentication",
		}
	}
	ctx = transport.WithIdentity(ctx, &transport.Identity{
		Username: credential.User(), Password: transport.StaticPassword(credential.Password()),
	})
	return a.Invoker.Invoke(ctx, method, in)
}

// asMapped has calls carried out as a file says.
type asMapped struct {
	gateway.Invoker
	accounts *accounts
}

// Invoke carries the call out as the caller's account, or for the caller's mailbox. Whom the file does not name is refused.
func (a asMapped) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	identity, known := a.accounts.mapped(ctx)
	if known {
		return a.Invoker.Invoke(backend.ActAs(ctx, identity), method, in)
	}
	if caller, _ := principal.FromContext(ctx); !caller.Verified() {
		return nil, &gateway.Error{Code: codes.Unauthenticated, Reason: reasonCallerUnknown,
			Message: "the backend acts for the caller's own mailbox: show a token or a client certificate"}
	}
	return nil, &gateway.Error{Code: codes.PermissionDenied, Reason: reasonNotMapped,
		Message: "the gateway knows no account or mailbox of this caller"}
}
