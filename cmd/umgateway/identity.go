package main

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// asCaller has calls carried out with the caller's own user name and password.
type asCaller struct{ gateway.Invoker }

// Invoke carries the call out as the caller. A caller who has shown no credential is asked for one.
func (a asCaller) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	credential, shown := principal.CredentialFromContext(ctx)
	if !shown {
		return nil, &gateway.Error{
			Code: codes.Unauthenticated, Reason: string(authn.CredentialsMissing),
			Message: "the backend acts on the caller's own mailbox: send a user name and a password by HTTP Basic authentication",
		}
	}
	ctx = transport.WithIdentity(ctx, &transport.Identity{
		Username: credential.User(), Password: transport.StaticPassword(credential.Password()),
	})
	return a.Invoker.Invoke(ctx, method, in)
}
