package transport

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a jar keeps at most. The server's own limit for a request's header is 16 KiB with IIS.
const (
	maxCookies     = 32
	maxCookieBytes = 4 << 10
	maxJarBytes    = 8 << 10
	maxCookieAge   = 400 * 24 * time.Hour
)

// jar keeps the cookies of one identity at one endpoint, such as a load balancer's (RFC 6265). All requests have one URL, so
// that a cookie which would not be sent to it is not kept either.
type jar struct {
	mu      sync.Mutex
	cookies []cookie // the oldest first
	field   string   // what to send
	until   time.Time
}

type cookie struct {
	name, domain, path string
	text               string // name=value
	expires            time.Time
}

// store keeps the cookies of a reply from the URL.
func (j *jar) store(lines []string, u *url.URL) {
	if len(lines) == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	for _, line := range lines {
		if set, err := http.ParseSetCookie(line); err == nil && len(line) <= maxCookieBytes && fits(set, u) {
			j.set(set, u, now)
		}
	}
	j.write(now)
}

// fits tells whether a cookie would be sent to the URL (RFC 6265 sections 5.1.3, 5.1.4 and 5.4).
func fits(set *http.Cookie, u *url.URL) bool {
	host, domain := strings.ToLower(u.Hostname()), domainOf(set)
	inDomain := domain == "" || host == domain || strings.HasSuffix(host, "."+domain)
	path, at := pathOf(set, u), pathOfURL(u)
	inPath := at == path || strings.HasPrefix(at, path) && (strings.HasSuffix(path, "/") || at[len(path)] == '/')
	return inDomain && inPath && (!set.Secure || u.Scheme == "https")
}

func domainOf(set *http.Cookie) string { return strings.ToLower(strings.TrimPrefix(set.Domain, ".")) }

func pathOf(set *http.Cookie, u *url.URL) string {
	if strings.HasPrefix(set.Path, "/") {
		return set.Path
	}
	at := pathOfURL(u)
	return at[:max(strings.LastIndexByte(at, '/'), 1)]
}

func pathOfURL(u *url.URL) string {
	if path := u.EscapedPath(); path != "" {
		return path
	}
	return "/"
}

func (j *jar) set(set *http.Cookie, u *url.URL, now time.Time) {
	c := cookie{name: set.Name, domain: domainOf(set), path: pathOf(set, u), text: set.Name + "=" + set.Value, expires: set.Expires}
	if set.Quoted {
		c.text = set.Name + `="` + set.Value + `"`
	}
	if set.MaxAge > 0 {
		c.expires = now.Add(min(time.Duration(min(set.MaxAge, 1<<30))*time.Second, maxCookieAge))
	}
	j.cookies = slices.DeleteFunc(j.cookies, func(old cookie) bool {
		return old.name == c.name && old.domain == c.domain && old.path == c.path
	})
	if set.MaxAge >= 0 {
		j.cookies = append(j.cookies, c)
	}
}

// write drops what is over or too much, and composes the field: cookies with longer paths first, then the older ones.
func (j *jar) write(now time.Time) {
	j.until = time.Time{}
	j.cookies = slices.DeleteFunc(j.cookies, func(c cookie) bool { return !c.expires.IsZero() && !c.expires.After(now) })
	size := 0
	for _, c := range j.cookies {
		size += len(c.text) + len("; ")
	}
	for len(j.cookies) > maxCookies || size > maxJarBytes {
		size -= len(j.cookies[0].text) + len("; ")
		j.cookies = j.cookies[1:]
	}
	ordered := slices.Clone(j.cookies)
	slices.SortStableFunc(ordered, func(a, b cookie) int { return len(b.path) - len(a.path) })
	texts := make([]string, len(ordered))
	for i, c := range ordered {
		texts[i] = c.text
		if !c.expires.IsZero() && (j.until.IsZero() || c.expires.Before(j.until)) {
			j.until = c.expires
		}
	}
	j.field = strings.Join(texts, "; ")
}

// header returns the value of the Cookie field; empty if there are no cookies.
func (j *jar) header() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.until.IsZero() {
		return j.field
	}
	if now := time.Now(); !now.Before(j.until) {
		j.write(now)
	}
	return j.field
}
