package kerberos

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"
)

const maxKeytab = 1 << 20

// secret is what a user logs in with, as it is now.
type secret struct {
	user        principal
	kinds       []int32 // encryption types to ask for: those that there is a key for first, each group in order of preference
	fingerprint [sha256.Size]byte
	// key returns the key for the first of the hints that there is one for, and its version, which is 0 if unknown.
	key func(hints []hint) (types.EncryptionKey, int, error)
}

var errNoKey = errors.New("there is no key of an encryption type that the key distribution centre takes")

// password returns the secret that is a password.
func (p *Profile) password(username, password string) (*secret, error) {
	user, err := p.user(username)
	if err != nil {
		return nil, err
	}
	if password == "" {
		return nil, errors.New("the password is empty")
	}
	s := &secret{user: user, kinds: p.loginTypes, fingerprint: sha256.Sum256([]byte(password))}
	s.key = func(hints []hint) (types.EncryptionKey, int, error) {
		for _, h := range hints {
			if slices.Contains(s.kinds, h.kind) {
				key, err := passwordKey(h.kind, password, h.saltFor(user), h.parameters)
				return key, 0, err
			}
		}
		return types.EncryptionKey{}, 0, errNoKey
	}
	return s, nil
}

// versionedKey is an entry of a keytab.
type versionedKey struct {
	key     types.EncryptionKey
	version uint32
}

// keytab returns the secret in a keytab, that of its first entry if there is no user name.
func (p *Profile) keytab(path, username string) (*secret, error) {
	path, err := filePath(path)
	if err != nil {
		return nil, err
	}
	content, err := readFile(path, maxKeytab)
	if err != nil {
		return nil, err
	}
	return p.readKeytab(path, content, username)
}

func (p *Profile) readKeytab(path string, content []byte, username string) (*secret, error) {
	var table keytab.Keytab
	if err := table.Unmarshal(content); err != nil {
		return nil, fmt.Errorf("%s is no keytab", path) // the error of gokrb5 quotes the keys
	}
	if username == "" && len(table.Entries) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	var user principal
	var err error
	if username == "" {
		user = entryPrincipal(table, 0)
	} else if user, err = p.user(username); err != nil {
		return nil, err
	}
	keys := map[int32]versionedKey{}
	for i, entry := range table.Entries {
		owner := entryPrincipal(table, i)
		if known, found := keys[entry.Key.KeyType]; owner.same(user) && (!found || entry.KVNO > known.version) {
			user.name.NameString = owner.name.NameString
			keys[entry.Key.KeyType] = versionedKey{entry.Key, entry.KVNO}
		}
	}
	return p.keys(path, user, keys, content)
}

func entryPrincipal(table keytab.Keytab, i int) principal {
	owner := table.Entries[i].Principal
	return principal{realm: owner.Realm, name: types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: owner.Components}}
}

func (p *Profile) keys(path string, user principal, keys map[int32]versionedKey, content []byte) (*secret, error) {
	s := &secret{user: user, fingerprint: sha256.Sum256(content)}
	var others []int32
	for _, kind := range p.loginTypes {
		if entry, found := keys[kind]; found && checkKey(entry.key) == nil {
			s.kinds = append(s.kinds, kind)
		} else {
			others = append(others, kind)
		}
	}
	own := len(s.kinds)
	if own == 0 {
		return nil, fmt.Errorf("%s has no key for %s of an encryption type that may be used", path, user)
	}
	s.kinds = append(s.kinds, others...) // for session keys
	s.key = func(hints []hint) (types.EncryptionKey, int, error) {
		for _, h := range hints {
			if slices.Contains(s.kinds[:own], h.kind) {
				return keys[h.kind].key, int(keys[h.kind].version), nil
			}
		}
		return types.EncryptionKey{}, 0, errNoKey
	}
	return s, nil
}

// hint is what a key distribution centre says of a key of the user's (RFC 4120 section 5.2.7.5).
type hint struct {
	kind       int32
	salt       string // empty for the default
	parameters []byte // of string-to-key; empty for the default
}

func (h hint) saltFor(user principal) string {
	if h.salt != "" {
		return h.salt
	}
	return user.name.GetSalt(user.realm)
}
