package kerberos

import (
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"golang.org/x/crypto/cryptobyte"
)

const maxCache = 4 << 20

var errCache = errors.New("it is no credential cache of version 4")

// cache is a credential cache: somebody else logged in, and left the tickets there.
type cache struct {
	owner   principal
	tickets []*ticket
}

// ccache reads a credential cache file. If there is a user name, the cache must be that user's.
func (p *Profile) ccache(name, username string) (*cache, error) {
	path, err := filePath(name)
	if err != nil {
		return nil, err
	}
	content, err := readFile(path, maxCache)
	if err != nil {
		return nil, err
	}
	c, err := parseCache(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if username == "" {
		return c, nil
	}
	user, err := p.user(username)
	if err == nil && !user.same(c.owner) {
		err = fmt.Errorf("%s has the tickets of %s, not of %s", path, c.owner, user)
	}
	return c, err
}

// find returns the ticket that lasts longest for a service in any realm; nil if there is none.
func (c *cache) find(service types.PrincipalName) *ticket {
	var best *ticket
	for _, t := range c.tickets {
		if t.message.SName.Equal(service) && (best == nil || t.end.After(best.end)) {
			best = t
		}
	}
	return best
}

// cacheReader reads the format that MIT Kerberos and Heimdal write since long ("Credential cache file format" in the
// documentation of MIT Kerberos): numbers have the most significant byte first, texts a length of four bytes before them.
type cacheReader struct {
	rest cryptobyte.String
	bad  bool
}

func parseCache(content []byte) (*cache, error) {
	r := &cacheReader{rest: content}
	if r.number(2) != 0x0504 {
		return nil, errCache
	}
	r.bytes(r.number(2)) // tags, such as the time offset of the key distribution centre
	c := &cache{owner: r.principal()}
	for !r.bad && !r.rest.Empty() {
		t, err := r.credential()
		if err != nil {
			return nil, err
		}
		if t != nil && t.client.same(c.owner) {
			c.tickets = append(c.tickets, t)
		}
	}
	if r.bad {
		return nil, errCache
	}
	return c, nil
}

// number reads a number of 1, 2 or 4 bytes.
func (r *cacheReader) number(size int) int {
	n := 0
	for _, b := range r.bytes(size) {
		n = n<<8 | int(b)
	}
	return n
}

func (r *cacheReader) bytes(size int) []byte {
	var out []byte
	if r.bad || size > len(r.rest) || !r.rest.ReadBytes(&out, size) {
		r.bad = true
		return nil
	}
	return out
}

func (r *cacheReader) data() []byte { return r.bytes(r.number(4)) }

func (r *cacheReader) time() time.Time {
	if n := r.number(4); n != 0 {
		return time.Unix(int64(n), 0).UTC()
	}
	return time.Time{}
}

func (r *cacheReader) principal() principal {
	p := principal{name: types.PrincipalName{NameType: int32(r.number(4))}}
	count := r.number(4)
	p.realm = string(r.data())
	for i := 0; i < count && !r.bad; i++ {
		p.name.NameString = append(p.name.NameString, string(r.data()))
	}
	if p.name.NameType == 0 {
		p.name.NameType = nametype.KRB_NT_PRINCIPAL
	}
	return p
}

// credential reads a ticket. It returns nil for what is no ticket, such as settings of the C library.
func (r *cacheReader) credential() (*ticket, error) {
	t := ticket{client: r.principal()}
	r.principal() // the service, which the ticket names as well
	t.key = types.EncryptionKey{KeyType: int32(r.number(2)), KeyValue: r.data()}
	t.authTime = r.time()
	start := r.time()
	t.end, t.renewTill = r.time(), r.time()
	r.bytes(1 + 4) // is it encrypted in a session key, and its flags
	for range 2 {  // addresses, then authorization data
		for i, count := 0, r.number(4); i < count && !r.bad; i++ {
			r.number(2)
			r.data()
		}
	}
	encoded := r.data()
	r.data() // a second ticket
	if r.bad {
		return nil, errCache
	}
	if start.IsZero() {
		start = t.authTime
	}
	if t.message = (messages.Ticket{}); t.message.Unmarshal(encoded) != nil {
		return nil, nil
	}
	made, err := newTicket(t, start)
	if err != nil {
		return nil, nil // of an encryption type that is not supported
	}
	return made, nil
}
