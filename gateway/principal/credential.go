package principal

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// BasicCredential is a user name and a password. However it is printed, logged or marshalled, it shows neither.
type BasicCredential struct {
	// A pointer, since fmt asks no method about what stands in an unexported field, but follows no pointer there.
	secret *secret
}

type secret struct{ user, password string }

// NewBasicCredential holds a user name and a password.
func NewBasicCredential(user, password string) BasicCredential {
	return BasicCredential{&secret{user, password}}
}

// User returns the user name; empty for the zero credential.
func (c BasicCredential) User() string {
	if c.secret == nil {
		return ""
	}
	return c.secret.user
}

// Password returns the password; empty for the zero credential. It must not be logged, nor written to a disk.
func (c BasicCredential) Password() string {
	if c.secret == nil {
		return ""
	}
	return c.secret.password
}

// String hides the credential.
func (BasicCredential) String() string { return redacted }

// Format hides the credential from every verb of fmt.
func (BasicCredential) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue hides the credential.
func (BasicCredential) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the credential from encoders.
func (BasicCredential) MarshalText() ([]byte, error) { return []byte(redacted), nil }
