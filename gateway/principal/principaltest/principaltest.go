// Package principaltest makes principals for tests.
//
// It promises to be of no use elsewhere: every function wants a running test.
package principaltest

import (
	"context"
	"testing"

	"github.com/umgateway/umgateway/gateway/internal/seal"
	"github.com/umgateway/umgateway/gateway/principal"
)

// New makes a principal; the test fails if the facts contradict each other.
func New(tb testing.TB, facts principal.Facts) principal.Principal {
	tb.Helper()
	p, err := principal.New(seal.New(), facts)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// Context makes a context that holds the principal.
func Context(ctx context.Context, tb testing.TB, p principal.Principal) context.Context {
	tb.Helper()
	ctx, err := principal.NewContext(ctx, seal.New(), p)
	if err != nil {
		tb.Fatal(err)
	}
	return ctx
}

// CredentialContext makes a context that holds the caller's user name and password.
func CredentialContext(ctx context.Context, tb testing.TB, user, password string) context.Context {
	tb.Helper()
	ctx, err := principal.NewCredentialContext(ctx, seal.New(), principal.NewBasicCredential(user, password))
	if err != nil {
		tb.Fatal(err)
	}
	return ctx
}
