package transport

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// session is what the client keeps for one credential: its cookies, and the scheme that the server was found to accept.
type session struct {
	endpoint *endpoint
	identity *Identity // nil for nobody
	password string
	who      credential
	tickets  TicketSource
	usable   []Scheme // in order of preference; empty if requests are not authenticated
	cookies  jar
	used     time.Time // guarded by the pool

	mu     sync.Mutex
	chosen Scheme    // empty for the first that is usable
	until  time.Time // when to begin with the first again; zero for never

	forgetful atomic.Bool // the server wants NTLM for each request, not for each connection
	ticketed  atomic.Bool // the server took a Kerberos token, and has refused none since
}

// sessionKey tells sessions apart. It holds the password, so that a wrong one never meets a connection that was
// authenticated with the right one.
type sessionKey struct{ key, username, password, file string }

var errNoIdentity = errors.New("the backend is to be authenticated at, but the request names no identity")

// session finds or makes the session of an identity.
func (c *Client) session(identity *Identity) (*session, error) {
	var key sessionKey
	switch {
	case identity != nil:
		key = sessionKey{key: identity.key(), username: identity.Username, file: identity.Keytab + identity.CCache}
	case len(c.endpoint.config.Auth) > 0:
		return nil, c.endpoint.fail(opAuthenticate, KindUnauthorized, errNoIdentity)
	}
	if identity != nil && identity.Password != nil {
		password, err := identity.Password.Password()
		if err != nil {
			return nil, c.endpoint.fail(opAuthenticate, KindUnauthorized, fmt.Errorf("password of %s: %w", identity.key(), err))
		}
		key.password = password
	}
	if s := c.pool.session(key); s != nil {
		return s, nil
	}
	s, err := newSession(c.endpoint, identity, key)
	if err != nil {
		return nil, c.endpoint.fail(opAuthenticate, KindUnauthorized, err)
	}
	return c.pool.addSession(key, s), nil
}

func newSession(e *endpoint, identity *Identity, key sessionKey) (*session, error) {
	s := &session{endpoint: e, identity: identity, password: key.password, who: credentialOf(cmp.Or(key.username, key.key), key.password)}
	if identity == nil || len(e.config.Auth) == 0 {
		return s, nil
	}
	if slices.Contains(e.config.Auth, SchemeKerberos) && e.config.Tickets != nil {
		var err error
		if s.tickets, err = e.config.Tickets(identity); err != nil {
			return nil, fmt.Errorf("kerberos for %s: %w", key.key, err)
		}
	}
	for _, scheme := range e.config.Auth {
		if scheme == SchemeKerberos && s.tickets != nil || scheme != SchemeKerberos && identity.Password != nil {
			s.usable = append(s.usable, scheme)
		}
	}
	if len(s.usable) == 0 {
		return nil, fmt.Errorf("%s has nothing to authenticate with by %v", key.key, e.config.Auth)
	}
	return s, checkUsername(identity.Username, s.usable)
}

func checkUsername(name string, usable []Scheme) error {
	switch withPassword := !slices.Equal(usable, []Scheme{SchemeKerberos}); {
	case withPassword && name == "":
		return errors.New("the user name is empty")
	case !isFieldText(name):
		return errors.New("the user name holds a control character")
	case slices.Contains(usable, SchemeBasic) && strings.Contains(name, ":"):
		return errors.New("the user name holds a colon, which basic authentication cannot carry")
	}
	return nil
}

// credential names what is shown to the server now.
func (s *session) credential() credential {
	who := s.who
	if versioned, able := s.tickets.(interface{ Version() string }); able {
		who.secret += versioned.Version()
	}
	return who
}

// scheme is the one to begin with; empty if requests are not authenticated.
func (s *session) scheme() Scheme {
	if len(s.usable) == 0 {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen != "" && !s.until.IsZero() && !time.Now().Before(s.until) {
		s.chosen = ""
	}
	if s.chosen == "" {
		return s.usable[0]
	}
	return s.chosen
}

// choose finds the preferred scheme that has not been tried and is offered, and remembers it for that long, or for good if
// that is 0. If there is none, the next request begins with the first again.
func (s *session) choose(tried []Scheme, offered func(Scheme) bool, remember time.Duration) (Scheme, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chosen, s.until = "", time.Time{}
	for _, scheme := range s.usable {
		if slices.Contains(tried, scheme) || !offered(scheme) {
			continue
		}
		s.chosen = scheme
		if remember > 0 {
			s.until = time.Now().Add(remember)
		}
		return scheme, true
	}
	return "", false
}

// session finds a session and keeps it for longer.
func (p *pool) session(key sessionKey) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sessions[key]
	if s != nil {
		s.used = p.clock
	}
	return s
}

// addSession keeps a session, unless another call was quicker.
func (p *pool) addSession(key sessionKey, s *session) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.sessions[key]; other != nil {
		return other
	}
	for old := range p.sessions {
		if len(p.sessions) < maxSessions {
			break
		}
		delete(p.sessions, old)
	}
	s.used = p.clock
	p.sessions[key] = s
	return s
}
