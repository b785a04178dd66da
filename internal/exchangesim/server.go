package exchangesim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// DefaultUser owns the calls and settings when no front names the user.
const DefaultUser = "default"

// Clock tells the time.
type Clock interface{ Now() time.Time }

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// Config sets up a Server. The zero value is a lenient server on the wall clock.
type Config struct {
	// Scheme is the namespace scheme that the server knows: "http", "https", or "any" for both. Default "any".
	Scheme string
	// Clock decides where calls stand. Default: the wall clock.
	Clock Clock
	// Timeline says how long calls stay in each state. Default: DefaultTimeline.
	Timeline Timeline
	// UserHeader names the request header in which an authenticating front puts the user's name. Without one, everybody is
	// DefaultUser.
	UserHeader string
	// Log is told about each exchange, on the goroutine that served it. Default: nobody is.
	Log func(Exchange)
	// Language is the language of the framework's own texts, "en" or "fr". Default "en".
	Language string
}

// Server is a simulated Exchange Unified Messaging server. It is safe for concurrent use.
type Server struct {
	config     Config
	namespaces []string
	mu         sync.Mutex
	mailboxes  map[string]*Mailbox
	executed   map[string]int
	posts      int
	exchanges  []Exchange
	scripts    []*script
}

// New checks the configuration and seeds the default mailbox.
func New(config Config) (*Server, error) {
	namespaces, known := map[string][]string{
		"": {namespaceHTTPS, namespaceHTTP}, "any": {namespaceHTTPS, namespaceHTTP},
		"http": {namespaceHTTP}, "https": {namespaceHTTPS},
	}[config.Scheme]
	if !known {
		return nil, fmt.Errorf("exchangesim: the scheme is %q, want http, https or any", config.Scheme)
	}
	if !slices.Contains([]string{"", "en", "fr"}, config.Language) {
		return nil, fmt.Errorf("exchangesim: the language is %q, want en or fr", config.Language)
	}
	if config.Clock == nil {
		config.Clock = wallClock{}
	}
	if config.Timeline == (Timeline{}) {
		config.Timeline = DefaultTimeline
	}
	s := &Server{config: config, namespaces: namespaces, mailboxes: map[string]*Mailbox{}, executed: map[string]int{}}
	s.mailbox(DefaultUser).add(&Call{
		ID: DocumentedCallID, DialString: "4255550123", Started: config.Clock.Now(), timeline: config.Timeline,
	})
	return s, nil
}

// Executed tells how often an operation was carried out.
func (s *Server) Executed(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.executed[operation]
}

// Posts tells how many requests arrived by POST, whatever became of them.
func (s *Server) Posts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts
}

// Exchange is one request and its reply.
type Exchange struct {
	Time    time.Time
	Method  string
	Action  string // the SOAPAction as it was sent, with its quotes
	User    string
	Request string
	Status  int
	Reply   string
}

const keptExchanges = 256

// Exchanges returns the last exchanges by POST, the oldest first, at most 256.
func (s *Server) Exchanges() []Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.exchanges)
}

const maxRequestBytes = 8 << 20

// ServeHTTP answers a SOAP request by POST, and "?wsdl" by GET.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Has("wsdl"):
		s.serveWSDL(w, r)
		return
	case r.Method != http.MethodPost:
		http.Error(w, "The HTTP verb used is not allowed.", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		http.Error(w, "The request could not be read.", http.StatusBadRequest)
		return
	}
	exchange := Exchange{
		Time: s.config.Clock.Now(), Method: r.Method, Action: r.Header.Get("SOAPAction"), User: s.user(r), Request: string(body),
	}
	a := s.answer(r, exchange)
	exchange.Status, exchange.Reply = a.status, string(a.body)
	s.keep(exchange)
	a.write(w, r)
}

func (s *Server) user(r *http.Request) string {
	if s.config.UserHeader != "" {
		return r.Header.Get(s.config.UserHeader)
	}
	return DefaultUser
}

func (s *Server) keep(e Exchange) {
	s.mu.Lock()
	s.exchanges = append(s.exchanges, e)
	if len(s.exchanges) > keptExchanges {
		s.exchanges = slices.Delete(s.exchanges, 0, 1)
	}
	s.mu.Unlock()
	if s.config.Log != nil {
		s.config.Log(e)
	}
}

// Serve serves on the listener, over HTTP/1.1, until the context ends.
func Serve(ctx context.Context, listener net.Listener, s *Server) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("exchangesim: %w", err)
	}
	return nil
}
