package principal

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// BasicCredential is a user name and a password. However it is printed, logged or marshalled, it shows neither.
type BasicCredential struct {
	// A function, since fmt asks no method about what stands in an unexported field, but sees into no function.
	reveal func() (user, password string)
}

// NewBasicCredential holds a user name and a password.
func NewBasicCredential(user, password string) BasicCredential {
	return BasicCredential{func() (string, string) { return user, password }}
}

// User returns the user name; empty for the zero credential.
func (c BasicCredential) User() string {
	user, _ := c.both()
	return user
}

// Password returns the password; empty for the zero credential. It must not be logged, nor written to a disk.
func (c BasicCredential) Password() string {
	_, password := c.both()
	return password
}

func (c BasicCredential) both() (user, password string) {
	if c.reveal == nil {
		return "", ""
	}
	return c.reveal()
}

// String hides the credential.
func (BasicCredential) String() string { return redacted }

// Format hides the credential from every verb of fmt.
func (BasicCredential) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue hides the credential.
func (BasicCredential) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the credential from encoders.
func (BasicCredential) MarshalText() ([]byte, error) { return []byte(redacted), nil }
