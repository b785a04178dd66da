package transport

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Identity is an account at the backend and what proves it. It is never changed after it was made.
type Identity struct {
	// Key tells this identity from others in pools, cookies and hold-offs, and names it in logs: no secret. Default
	// Username. Identities with one Key but different passwords are kept apart all the same.
	Key string
	// Username is DOMAIN\user, a user principal name such as user@example.com, or a plain name.
	Username string
	// Password gives the current password. Nil if there is none.
	Password PasswordSource
	// Keytab and CCache are paths of a keytab and of a credential cache, for Kerberos; at most one of them. Default: Kerberos
	// uses the password.
	Keytab, CCache string
}

// PasswordSource gives a password, which may change over time. It must be quick and safe for concurrent use.
type PasswordSource interface {
	Password() (string, error)
}

// LogValue names the identity, and nothing that proves it.
func (i Identity) LogValue() slog.Value { return slog.StringValue(i.key()) }

// StaticPassword is a password that never changes, for instance the caller's own. Nothing that formats it shows it.
type StaticPassword string

const redacted = "[redacted]"

// Password returns the password.
func (p StaticPassword) Password() (string, error) { return string(p), nil }

// Format hides the password from every verb of fmt.
func (StaticPassword) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue hides the password from log/slog.
func (StaticPassword) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the password from encoders, such as JSON's.
func (StaticPassword) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// TicketSource makes Kerberos tokens for one identity. It may have more methods:
//
//	Version() string             // changes with the credential; by default it never does
//	Explain(answer []byte) error // says in words why a service refused a token, by its answer
//	Forget(spn string)           // drops the ticket that a service refused
type TicketSource interface {
	// Token returns a SPNEGO token for the service that has never been returned before. The bindings are the application
	// data of the TLS channel (RFC 5929), or nil. An error in whose chain a method CredentialRejected() bool returns true
	// says that the key distribution centre rejected the credential; any other says that it could not be asked, or knows
	// no such service.
	Token(ctx context.Context, spn string, bindings []byte) ([]byte, error)
}

func (i Identity) key() string {
	if i.Key != "" {
		return i.Key
	}
	return i.Username
}

// split returns the domain and the user as NTLM wants them: a user principal name stays whole, without a domain.
func (i *Identity) split() (domain, user string) {
	if domain, user, found := strings.Cut(i.Username, `\`); found {
		return domain, user
	}
	return "", i.Username
}

type contextKey int

const (
	identityKey contextKey = iota
	beforeSendKey
	priorityKey
)

// WithIdentity has the requests made under the context use the identity, unless Request.Identity is set.
func WithIdentity(ctx context.Context, identity *Identity) context.Context {
	return context.WithValue(ctx, identityKey, identity)
}

// IdentityFromContext returns what WithIdentity set; nil if nothing.
func IdentityFromContext(ctx context.Context) *Identity {
	identity, _ := ctx.Value(identityKey).(*Identity)
	return identity
}

// WithBeforeSend has the requests made under the context call the function, unless Request.BeforeSend is set.
func WithBeforeSend(ctx context.Context, call func(context.Context) error) context.Context {
	return context.WithValue(ctx, beforeSendKey, call)
}

func beforeSendFromContext(ctx context.Context) func(context.Context) error {
	call, _ := ctx.Value(beforeSendKey).(func(context.Context) error)
	return call
}
