package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport/channelbinding"
)

// endpoint is one address of the backend.
type endpoint struct {
	config  Config
	target  *url.URL
	url     string
	address string // host:port to dial
	head    string // what each request begins with
	spn     string
	tls     *tlsSource // nil for http
	dog     *watchdog
	count   counters
}

func newEndpoint(config Config) (*endpoint, error) {
	u, err := parseURL(config.URL)
	if err != nil {
		return nil, err
	}
	e := &endpoint{config: config, target: u, url: config.URL, address: u.Host, spn: config.SPN, dog: newWatchdog()}
	setDefault(&e.spn, "HTTP/"+u.Hostname())
	if u.Port() == "" {
		e.address = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	if u.Scheme == "https" {
		if e.tls, err = newTLSSource(config, u.Hostname()); err != nil {
			return nil, err
		}
	} else if err := checkPlain(config); err != nil {
		return nil, err
	}
	e.head = fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: text/xml\r\n", u.RequestURI(), u.Host, config.UserAgent)
	return e, nil
}

// CheckURL tells what is wrong with the address of a backend. It does not repeat the address, which may hold a password.
func CheckURL(text string) error {
	_, err := parseURL(text)
	return err
}

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("the backend's address is not a URL such as https://mail.example.com/UnifiedMessaging/Service.asmx")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the backend's address has the scheme %q, want http or https", u.Scheme)
	case u.User != nil:
		return nil, errors.New("the backend's address holds a user name: credentials do not belong there")
	case u.Fragment != "":
		return nil, errors.New("the backend's address holds a fragment")
	}
	if port := u.Port(); port != "" {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return nil, fmt.Errorf("the backend's address has the port %.20s, want one from 1 to 65535", port)
		}
	}
	return u, nil
}

// checkPlain looks at what must not travel without TLS.
func checkPlain(config Config) error {
	for _, scheme := range config.Auth {
		if scheme == SchemeBasic {
			if !config.AllowInsecureBasic {
				return errors.New("basic authentication over http would show the password to everybody on the way; use https, or allow it explicitly")
			}
			config.Log.Warn("passwords travel to the backend without TLS", "endpoint", config.URL)
		}
	}
	return nil
}

// connect makes a connection for an identity, TLS included, within the context and the connect timeout.
func (e *endpoint) connect(ctx context.Context, s *session) (*conn, error) {
	limited, cancel := context.WithTimeout(ctx, e.connectTimeout(ctx))
	defer cancel()
	raw, err := e.config.Dial(limited, "tcp", e.address)
	if err != nil {
		return nil, e.failToConnect(ctx, "connect", KindUnavailable, err)
	}
	c := &conn{endpoint: e, session: s, raw: raw, stream: raw, reusable: true}
	if e.tls != nil {
		if err := c.secure(limited); err != nil {
			raw.Close()
			return nil, e.failToConnect(ctx, "tls", KindTLS, err)
		}
	}
	c.reader, c.listener = replyReader{source: c.stream, limits: e.config}, newListener(raw)
	c.watch = e.dog.watch(c.stream)
	e.count.connects.Add(1)
	return c, nil
}

// connectTimeout leaves the caller half of the time for another endpoint, or another try.
func (e *endpoint) connectTimeout(ctx context.Context) time.Duration {
	if deadline, bounded := ctx.Deadline(); bounded {
		return min(e.config.ConnectTimeout, time.Until(deadline)/2)
	}
	return e.config.ConnectTimeout
}

func (c *conn) secure(ctx context.Context) error {
	secure := tls.Client(c.raw, c.endpoint.tls.config())
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	c.stream = secure
	state := secure.ConnectionState()
	c.endpoint.count.shown(state.PeerCertificates)
	if c.endpoint.config.OmitChannelBindings {
		return nil
	}
	bindings, err := channelbinding.ServerEndPoint(state)
	if errors.Is(err, channelbinding.ErrUndefined) {
		return nil
	}
	c.bindings = bindings
	return err
}

// failToConnect blames the caller's context only if that has ended, and the endpoint for everything else.
func (e *endpoint) failToConnect(ctx context.Context, op string, kind Kind, err error) error {
	if ctx.Err() != nil {
		kind = kindOf(ctx)
	} else if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		kind, err = KindUnavailable, ErrConnectTimeout
	}
	return &Error{Op: op, Kind: kind, Endpoint: e.url, Err: err}
}
