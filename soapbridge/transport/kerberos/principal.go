package kerberos

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/types"
)

// principal is a name in a realm.
type principal struct {
	name  types.PrincipalName
	realm string
}

func (p principal) String() string { return p.name.PrincipalNameString() + "@" + p.realm }

// same compares principals as a directory does that is not case-sensitive.
func (p principal) same(other principal) bool { return strings.EqualFold(p.String(), other.String()) }

// splitUser takes DOMAIN\user or user@domain apart. The domain of a plain name is empty.
func splitUser(username string) (user, domain string) {
	if domain, user, found := strings.Cut(username, `\`); found {
		return user, domain
	}
	if i := strings.LastIndexByte(username, '@'); i >= 0 {
		return username[:i], username[i+1:]
	}
	return username, ""
}

// user finds the principal of a user name.
func (p *Profile) user(username string) (principal, error) {
	user, domain := splitUser(username)
	realm := p.defaultRealm
	if domain != "" {
		known := false
		if realm, known = p.realm(domain); !known {
			return principal{}, fmt.Errorf("no krb5 configuration knows the realm of %s", username)
		}
	}
	switch {
	case user == "":
		return principal{}, errors.New("the user name is empty")
	case realm == "":
		return principal{}, fmt.Errorf("the user name %s names no realm, and no krb5 configuration a default", username)
	}
	return principal{name: types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, user), realm: realm}, nil
}

// service finds the principal of a service: "HTTP/host", or "HTTP/host@REALM". The realm is empty if nothing tells it.
func (p *Profile) service(spn string) (principal, error) {
	name, realm, _ := strings.Cut(spn, "@")
	class, host, found := strings.Cut(name, "/")
	if !found || class == "" || host == "" {
		return principal{}, fmt.Errorf("the service principal name %q is not like HTTP/mail.example.com", spn)
	}
	if realm == "" {
		host, _, _ = strings.Cut(host, ":")
		realm = p.realmOfHost(host)
	}
	return principal{name: types.NewPrincipalName(nametype.KRB_NT_SRV_INST, name), realm: realm}, nil
}

// ticketGranting is the principal that makes tickets for a realm.
func ticketGranting(realm string) types.PrincipalName {
	return types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"krbtgt", realm}}
}
