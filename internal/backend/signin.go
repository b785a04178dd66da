package backend

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/umgateway/umgateway/soapbridge/transport"
	"github.com/umgateway/umgateway/soapbridge/transport/kerberos"
)

// signIn adds the identity and the sources of its tokens.
func (s Settings) signIn(config *transport.Config, log *slog.Logger) error {
	profile, err := kerberos.LoadProfile(s.Krb5Conf)
	if err != nil {
		err = fmt.Errorf("krb5-conf: %w", err)
	}
	config.Tickets = s.tickets(profile)
	if s.Identity == IdentityCallerBasic || s.Identity == IdentityMapped {
		return err
	}
	config.Identity = &transport.Identity{Username: s.Username}
	if config.Identity.Username == "" {
		config.Identity.Key = s.Keytab + s.CCache
	}
	if s.PasswordFile != "" {
		password, unread := transport.NewPasswordFile(s.PasswordFile, log)
		if unread != nil {
			return errors.Join(err, fmt.Errorf("password-file: %w", unread))
		}
		config.Identity.Password = password
	}
	return err
}

// tickets makes the Kerberos tokens of an identity. There are none for a user whose realm no configuration knows, unless a
// keytab or a credential cache says that Kerberos is meant.
func (s Settings) tickets(profile *kerberos.Profile) func(*transport.Identity) (transport.TicketSource, error) {
	return func(identity *transport.Identity) (transport.TicketSource, error) {
		config := kerberos.Config{Profile: profile, Username: identity.Username}
		switch {
		case s.Keytab != "":
			config.Keytab = s.Keytab
		case s.CCache != "":
			config.CCache = s.CCache
		case profile.Knows(identity.Username):
			config.Password = identity.Password
		default:
			return nil, nil
		}
		client, err := kerberos.New(config)
		if err != nil {
			return nil, err
		}
		return client, nil
	}
}
