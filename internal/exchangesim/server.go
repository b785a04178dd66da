package exchangesim

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// DefaultUser owns the calls and settings when no front names the user.
const DefaultUser = "default"

const french = "fr"

// Clock tells the time.
type Clock interface{ Now() time.Time }

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// Config sets up a Server. The zero value is a lenient server on the wall clock.
type Config struct {
	// Scheme is the namespace scheme that the server knows, in both dialects: "http", "https", or "any" for both. Default
	// "any". A real server knows "http" alone.
	Scheme string
	// Clock decides where calls stand. Default: the wall clock.
	Clock Clock
	// Timeline says how long calls stay in each state. Default: DefaultTimeline.
	Timeline Timeline
	// UserHeader names the request header in which an authenticating front puts the user's name; a request without a name
	// is answered 401. By default everybody is DefaultUser.
	UserHeader string
	// Log is told about each exchange, on the goroutine that served it, before the reply is sent. Default: nobody is.
	Log func(Exchange)
	// Language is the language of the framework's own texts, "en" or "fr". Default "en".
	Language string
	// IOTimeout is how long the body of a request may take to arrive, and a reply to leave. Default 30 s.
	IOTimeout time.Duration
}

// Server is a simulated Exchange Unified Messaging server. It is safe for concurrent use.
type Server struct {
	config     Config
	namespaces []string // of messages, those that the server knows; the last is the one it describes itself with
	mu         sync.Mutex
	mailboxes  map[string]*Mailbox
	executed   map[string]int // by dialect and operation
	posts      int
	history    history
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
	if !slices.Contains([]string{"", "en", french}, config.Language) {
		return nil, fmt.Errorf("exchangesim: the language is %q, want en or fr", config.Language)
	}
	if err := config.Timeline.check(); err != nil {
		return nil, err
	}
	if config.Clock == nil {
		config.Clock = wallClock{}
	}
	if config.Timeline == (Timeline{}) {
		config.Timeline = DefaultTimeline
	}
	if config.IOTimeout <= 0 {
		config.IOTimeout = 30 * time.Second
	}
	s := &Server{config: config, namespaces: namespaces, mailboxes: map[string]*Mailbox{}, executed: map[string]int{}}
	s.mailbox(DefaultUser).add(&Call{
		ID: DocumentedCallID, DialString: "4255550123", Started: config.Clock.Now(), Dialect: UMWS, timeline: config.Timeline,
	})
	return s, nil
}

// Executed tells how often an operation of umws was carried out: found, its arguments read and acted on.
func (s *Server) Executed(operation string) int { return s.count(UMWS, operation) }

// ExecutedEWS is Executed for ews.
func (s *Server) ExecutedEWS(operation string) int { return s.count(EWS, operation) }

func (s *Server) count(dialect, operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.executed[dialect+" "+operation]
}

// carriedOut counts an operation. The caller holds the lock.
func (s *Server) carriedOut(dialect, operation string) { s.executed[dialect+" "+operation]++ }

// Posts tells how many requests began to arrive by POST, whatever became of them.
func (s *Server) Posts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts
}

// Exchanges returns the last exchanges by POST whose request arrived whole, the oldest first: at most 256, and at most
// 32 MiB of text.
func (s *Server) Exchanges() []Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.history.kept)
}
