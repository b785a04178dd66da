package principal

import (
	"context"
	"errors"

	"github.com/umgateway/umgateway/gateway/internal/seal"
)

type principalKey struct{}

// principalContext holds a principal.
type principalContext struct {
	context.Context
	principal *Principal
}

// anonymous is the principal of everybody who has shown no credential.
var anonymous Principal

// Value returns a pointer to the principal under its key.
func (c *principalContext) Value(key any) any {
	if key == (principalKey{}) {
		return c.principal
	}
	return c.Context.Value(key)
}

type credentialKey struct{}

// NewContext returns a context that holds the principal, in place of any before. It is an error if the seal is not genuine.
func NewContext(ctx context.Context, proof seal.Seal, p Principal) (context.Context, error) {
	if !proof.Genuine() {
		return nil, errors.New("principal: set by a package that may not authenticate")
	}
	if p.Kind() == None {
		return &principalContext{ctx, &anonymous}, nil
	}
	own := p // so that an anonymous one costs no memory
	return &principalContext{ctx, &own}, nil
}

// FromContext returns the caller of the call. It is false, and the principal anonymous, if no authentication interceptor
// has seen the call.
func FromContext(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(*Principal)
	if !ok {
		return Principal{}, false
	}
	return *p, true
}

// NewCredentialContext returns a context that holds the caller's own user name and password, in place of any before; the
// zero credential stands for none. It is an error if the seal is not genuine.
func NewCredentialContext(ctx context.Context, proof seal.Seal, c BasicCredential) (context.Context, error) {
	if !proof.Genuine() {
		return nil, errors.New("principal: credential set by a package that may not authenticate")
	}
	return context.WithValue(ctx, credentialKey{}, c), nil
}

// CredentialFromContext returns the user name and password that the caller wants to be forwarded to the backend. It is false
// unless the principal's kind is Basic.
func CredentialFromContext(ctx context.Context) (BasicCredential, bool) {
	c, _ := ctx.Value(credentialKey{}).(BasicCredential)
	return c, c.User() != ""
}
