package backend

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Caller is whom the gateway has authenticated.
type Caller struct {
	// Kind is the kind of credential, "mtls" or "jwt".
	Kind string `yaml:"kind"`
	// Issuer is the "iss" claim of a token, exactly. Required for jwt, since two issuers may give one name to two callers.
	Issuer string `yaml:"issuer"`
	// Name is the caller's name, exactly as in logs and policies.
	Name string `yaml:"name"`
}

// Identity is as whom a caller's calls are carried out.
type Identity struct {
	// Account signs in at the backend; nil if the account of the service does.
	Account *transport.Identity
	// Mailbox is the mailbox that the account of the service acts for, by an SMTP address or a user principal name; empty if
	// the account acts for itself.
	Mailbox string
	// ByPrincipalName tells that Mailbox is a user principal name.
	ByPrincipalName bool
}

// Name names the account or the mailbox.
func (i Identity) Name() string {
	if i.Account != nil {
		return i.Account.Username
	}
	return i.Mailbox
}

// identityEntry is one entry of the file.
type identityEntry struct {
	Caller        `yaml:",inline"`
	Username      string `yaml:"username"`
	PasswordFile  string `yaml:"password_file"`
	SMTPAddress   string `yaml:"smtp_address"`
	PrincipalName string `yaml:"principal_name"`
}

const (
	maxIdentitiesFile  = 16 << 20
	identitiesInterval = time.Second
)

// Identities says as whom the calls of each caller are carried out, by a file in YAML: a list "identities" of callers, each
// with username and password_file, or for impersonation with smtp_address or principal_name. The file is looked at when it is
// asked for somebody, at most once a second, and read again when it has changed; a file that cannot be used changes nothing.
// It is safe for concurrent use.
type Identities struct {
	path        string
	impersonate bool
	log         *slog.Logger

	mu      sync.Mutex
	next    time.Time // when to look again
	text    []byte    // that was looked at last
	entries map[Caller]Identity
	// passwords by file, kept so that each is one source with one state.
	passwords map[string]*transport.PasswordFile
	trouble   string // the last error that was logged
}

// OpenIdentities reads the file of the identity modes mapped and impersonated; it is nil in the others.
func (s Settings) OpenIdentities(log *slog.Logger) (*Identities, error) {
	if !s.perCaller() {
		return nil, nil
	}
	i := &Identities{path: s.IdentitiesFile, impersonate: s.Identity == IdentityImpersonated, log: log, passwords: map[string]*transport.PasswordFile{}}
	if err := i.refresh(); err != nil {
		return nil, fmt.Errorf("backend: identities-file: %w", err)
	}
	return i, nil
}

// Of returns the identity of a caller; false if there is none.
func (i *Identities) Of(caller Caller) (Identity, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now := time.Now(); !now.Before(i.next) {
		i.next = now.Add(identitiesInterval)
		if err := i.refresh(); err == nil {
			i.trouble = ""
		} else if text := err.Error(); text != i.trouble {
			i.trouble = text
			i.log.Error("the identities cannot be read; those before stay in force", "error", err)
		}
	}
	found, known := i.entries[caller]
	return found, known
}

// refresh reads the file, if it has changed.
func (i *Identities) refresh() error {
	text, err := readLimited(i.path)
	if err != nil || i.entries != nil && bytes.Equal(text, i.text) && i.trouble == "" {
		return err
	}
	entries, passwords, err := i.parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", i.path, err)
	}
	i.text, i.entries, i.passwords = text, entries, passwords
	return nil
}

func readLimited(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxIdentitiesFile+1))
	if err == nil && len(text) > maxIdentitiesFile {
		err = fmt.Errorf("%s: more than %d bytes", path, maxIdentitiesFile)
	}
	return text, err
}

// parse reads the entries. All mistakes are reported.
func (i *Identities) parse(text []byte) (map[Caller]Identity, map[string]*transport.PasswordFile, error) {
	var file struct {
		Identities []identityEntry `yaml:"identities"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, nil, err
	}
	if len(file.Identities) == 0 {
		return nil, nil, errors.New("there are no identities in it")
	}
	entries, passwords := map[Caller]Identity{}, map[string]*transport.PasswordFile{}
	var errs []error
	for n, entry := range file.Identities {
		if _, twice := entries[entry.Caller]; twice {
			errs = append(errs, fmt.Errorf("entry %d: there is another of this caller", n+1))
			continue
		}
		identity, err := i.identity(entry, passwords)
		if err != nil {
			errs = append(errs, fmt.Errorf("entry %d: %w", n+1, err))
			continue
		}
		entries[entry.Caller] = identity
	}
	return entries, passwords, errors.Join(errs...)
}

// identity checks an entry, and opens its password.
func (i *Identities) identity(entry identityEntry, passwords map[string]*transport.PasswordFile) (Identity, error) {
	if err := entry.check(i.impersonate); err != nil {
		return Identity{}, err
	}
	if i.impersonate {
		return Identity{Mailbox: entry.SMTPAddress + entry.PrincipalName, ByPrincipalName: entry.PrincipalName != ""}, nil
	}
	path := entry.PasswordFile
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(i.path), path)
	}
	password := passwords[path]
	if password == nil {
		password = i.passwords[path]
	}
	if password == nil {
		var err error
		if password, err = transport.NewPasswordFile(path, i.log); err != nil {
			return Identity{}, fmt.Errorf("password_file: %w", err)
		}
	}
	passwords[path] = password
	return Identity{Account: &transport.Identity{Username: entry.Username, Password: password}}, nil
}

func (e identityEntry) check(impersonate bool) error {
	account := e.Username != "" && e.PasswordFile != ""
	nothing := e.Username == "" && e.PasswordFile == ""
	switch {
	case !slices.Contains([]string{"mtls", "jwt"}, e.Kind):
		return fmt.Errorf("kind: %q, want mtls or jwt", e.Kind)
	case (e.Kind == "jwt") != (e.Issuer != ""):
		return errors.New("issuer: callers by jwt have one, others have none")
	case e.Name == "":
		return errors.New("name: required")
	case !impersonate && (!account || e.SMTPAddress+e.PrincipalName != ""):
		return errors.New("want username and password_file")
	case impersonate && (!nothing || (e.SMTPAddress == "") == (e.PrincipalName == "")):
		return errors.New("want smtp_address or principal_name")
	case impersonate && !strings.Contains(e.SMTPAddress+e.PrincipalName, "@"):
		return errors.New("smtp_address and principal_name hold an @")
	}
	return nil
}
