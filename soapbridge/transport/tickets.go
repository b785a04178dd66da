package transport

import (
	"crypto/sha256"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport/kerberos"
)

// KerberosTickets makes ticket sources, for Config.Tickets, from what a krb5.conf says. An identity with a keytab or a
// credential cache has tickets. One with a password has them if the profile knows the realm that the user name names; if
// Kerberos is the only scheme, the default realm will do as well, and it is an error if there is none.
func KerberosTickets(profile *kerberos.Profile, auth []Scheme) func(*Identity) (TicketSource, error) {
	only := slices.Equal(auth, []Scheme{SchemeKerberos})
	return func(identity *Identity) (TicketSource, error) {
		config := kerberos.Config{Profile: profile, Username: identity.Username, Keytab: identity.Keytab, CCache: identity.CCache}
		path := identity.Keytab + identity.CCache
		if path == "" {
			if !only && (identity.Password == nil || !profile.Knows(identity.Username)) {
				return nil, nil
			}
			config.Password = identity.Password
		}
		client, err := kerberos.New(config)
		switch {
		case err != nil:
			return nil, err
		case path == "":
			return client, nil
		}
		return &fileTickets{Client: client, path: strings.TrimPrefix(strings.TrimPrefix(path, "WR"), "FILE:")}, nil
	}
}

// fileTickets notices when the file that holds the credential changes.
type fileTickets struct {
	*kerberos.Client
	path string

	mu      sync.Mutex
	next    time.Time // when to look again
	stamp   fileStamp
	version string
}

// Version returns a hash of the file, which is looked at once a second. As long as it cannot be read, that does not change.
func (f *fileTickets) Version() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Before(f.next) {
		return f.version
	}
	f.next = now.Add(passwordInterval)
	if changed, err := f.stamp.changed(f.path); err != nil || !changed {
		return f.version
	}
	if content, err := os.ReadFile(f.path); err == nil {
		hash := sha256.Sum256(content)
		f.version = string(hash[:])
	}
	return f.version
}
