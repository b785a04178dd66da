package kerberos

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	systemProfile      = "/etc/krb5.conf"
	defaultClockSkew   = 5 * time.Minute
	defaultTicketLife  = 24 * time.Hour
	environmentProfile = "KRB5_CONFIG"
)

// Profile is what krb5.conf says of realms. Clients are to share one: it also keeps their clock, which never shows the same
// time twice. It is safe for concurrent use.
type Profile struct {
	defaultRealm string
	realms       []string // all that are named anywhere
	kdcs         map[string][]string
	domains      map[string]string // domain_realm
	useDNS       bool
	loginTypes   []int32 // encryption types, the preferred first
	ticketTypes  []int32
	clockSkew    time.Duration
	ticketLife   time.Duration

	mu     sync.Mutex
	clock  time.Time
	latest map[string]string // by realm, the key distribution centre that answered last
}

// LoadProfile reads krb5.conf(5) from the path; without one, from the files that the environment variable KRB5_CONFIG
// names, or else from /etc/krb5.conf. A file that a path names must exist. Where none is named and none exists, the profile
// knows no realm.
func LoadProfile(path string) (*Profile, error) {
	paths, must := []string{path}, true
	if path == "" {
		paths, must = strings.Split(os.Getenv(environmentProfile), ":"), false
	}
	if paths[0] == "" && len(paths) == 1 {
		paths = []string{systemProfile}
	}
	var reader profileReader
	for _, path := range paths {
		err := reader.file(path)
		if err != nil && (must || !errors.Is(err, fs.ErrNotExist)) {
			return nil, &Error{Op: opConfigure, Kind: KindCredential, Err: err}
		}
	}
	p, err := newProfile(&reader.root)
	if err != nil {
		return nil, &Error{Op: opConfigure, Kind: KindCredential, Err: err}
	}
	return p, nil
}

func newProfile(root *relation) (*Profile, error) {
	p := &Profile{
		kdcs: map[string][]string{}, domains: map[string]string{}, latest: map[string]string{}, useDNS: true,
		clockSkew: defaultClockSkew, ticketLife: defaultTicketLife,
	}
	for _, realm := range root.names("realms") {
		p.know(realm)
		p.kdcs[realm] = root.values("realms", realm, "kdc")
	}
	for _, domain := range root.names("domain_realm") {
		realm := root.values("domain_realm", domain)
		if len(realm) > 0 {
			p.domains[strings.ToLower(domain)] = realm[0]
			p.know(realm[0])
		}
	}
	return p, p.libDefaults(func(name string) string {
		if values := root.values("libdefaults", name); len(values) > 0 {
			return values[0]
		}
		return ""
	})
}

func (p *Profile) know(realm string) {
	if realm != "" && !slices.Contains(p.realms, realm) {
		p.realms = append(p.realms, realm)
	}
}

func (p *Profile) libDefaults(setting func(name string) string) (err error) {
	p.defaultRealm = setting("default_realm")
	p.know(p.defaultRealm)
	if text := setting("dns_lookup_kdc"); text != "" {
		p.useDNS, err = readBool(text)
	} else if text := setting("dns_fallback"); text != "" {
		p.useDNS, err = readBool(text)
	}
	for name, target := range map[string]*time.Duration{"clockskew": &p.clockSkew, "ticket_lifetime": &p.ticketLife} {
		if text := setting(name); text != "" && err == nil {
			if *target, err = readDuration(text); err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	permitted := setting("permitted_enctypes")
	p.loginTypes = encryptionTypes(setting("default_tkt_enctypes"), permitted)
	p.ticketTypes = encryptionTypes(setting("default_tgs_enctypes"), permitted)
	if err == nil && (len(p.loginTypes) == 0 || len(p.ticketTypes) == 0) {
		err = errors.New("none of the encryption types that it permits is supported")
	}
	return err
}

func readBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "y", "yes", "true", "t", "1", "on":
		return true, nil
	case "n", "no", "false", "nil", "0", "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}

// readDuration reads the forms of krb5.conf: seconds, 1d2h3m4s, h:mm and h:mm:ss.
func readDuration(text string) (time.Duration, error) {
	total, wrong := time.Duration(0), fmt.Errorf("%q is no duration", text)
	if parts := strings.Split(text, ":"); len(parts) == 2 || len(parts) == 3 {
		for i, part := range parts {
			n, err := strconv.ParseUint(part, 10, 16)
			if err != nil {
				return 0, wrong
			}
			total += time.Duration(n) * []time.Duration{time.Hour, time.Minute, time.Second}[i]
		}
		return total, nil
	}
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}
	for rest := strings.ReplaceAll(text, " ", ""); rest != ""; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseUint(rest[:digits], 10, 31)
		if err != nil {
			return 0, wrong
		}
		unit := byte('s')
		if rest = rest[digits:]; rest != "" {
			unit, rest = rest[0], rest[1:]
		}
		if units[unit] == 0 {
			return 0, wrong
		}
		total += time.Duration(n) * units[unit]
	}
	return total, nil
}

// Knows tells whether the user name, DOMAIN\user or user@domain, names a realm of the profile. A plain name names none,
// although a Client looks for it in the default realm.
func (p *Profile) Knows(username string) bool {
	_, domain := splitUser(username)
	_, known := p.realm(domain)
	return domain != "" && known
}

// realm finds the realm that a domain stands for: the realm itself in any case, a domain that is mapped to it, or the
// first label of its name, as Windows builds the short name of a domain, if there is only one such.
func (p *Profile) realm(domain string) (string, bool) {
	var short []string
	for _, realm := range p.realms {
		if strings.EqualFold(realm, domain) {
			return realm, true
		}
		if label, _, _ := strings.Cut(realm, "."); strings.EqualFold(label, domain) {
			short = append(short, realm)
		}
	}
	if realm := p.realmOfHost(domain); realm != "" {
		return realm, true
	}
	if len(short) == 1 {
		return short[0], true
	}
	return "", false
}

// realmOfHost follows the section domain_realm; the most specific entry counts. It returns "" if there is none.
func (p *Profile) realmOfHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if realm := p.domains[host]; realm != "" {
		return realm
	}
	for rest := host; ; {
		i := strings.IndexByte(rest, '.')
		if i < 0 {
			return ""
		}
		if realm := p.domains[rest[i:]]; realm != "" {
			return realm
		}
		if realm := p.domains[rest[i+1:]]; realm != "" {
			return realm
		}
		rest = rest[i+1:]
	}
}

// now returns the time to the microsecond, later than any that it returned before: services take two requests of one
// client with the same time for a replay (RFC 4120 section 3.2.3).
func (p *Profile) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(p.clock) {
		now = p.clock.Add(time.Microsecond)
	}
	p.clock = now
	return now
}

// prefer has a key distribution centre be asked first.
func (p *Profile) prefer(realm, address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest[realm] = address
}

func (p *Profile) preferred(realm string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest[realm]
}
