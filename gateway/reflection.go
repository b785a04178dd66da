package gateway

import (
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/principal"
)

// reflectionServices is what the methods of gRPC reflection begin with, whatever its version.
const reflectionServices = "/grpc.reflection."

// guardReflection keeps the schema to callers who have shown a credential, where any is configured, and limits how
// often they ask. Reflection does not run through the gateway's interceptors; the gateway's own streams do, and health is open to
// everybody, as probes need it.
func (g *Gateway) guardReflection(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	authenticator := g.config.Authenticator()
	if !strings.HasPrefix(info.FullMethod, reflectionServices) || authenticator == nil || !authenticator.Configured() {
		return handler(server, stream)
	}
	current := func() *authn.Authenticator { return authenticator }
	admitted := false
	err := authn.Stream(current)(server, stream, info, func(server any, stream grpc.ServerStream) error {
		if caller, _ := principal.FromContext(stream.Context()); caller.Kind() == principal.None {
			return strangerError(&authn.Error{Reason: authn.CredentialsMissing})
		}
		call := &Call{}
		if p, known := peer.FromContext(stream.Context()); known {
			call.Peer = p.Addr
		}
		if _, err := g.limitRate(stream.Context(), call); err != nil {
			return err
		}
		admitted = true
		return handler(server, stream)
	})
	if !admitted {
		g.config.Refused(ProtocolGRPC, refusalOf(err))
	}
	return err
}

// refusalOf is the reason of an error with which reflection was refused.
func refusalOf(err error) string {
	var e *Error
	var stranger *authn.Error
	switch {
	case errors.As(err, &e):
		return e.Reason
	case errors.As(err, &stranger):
		return string(stranger.Reason)
	}
	return reasonInternal
}
