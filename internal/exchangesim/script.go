package exchangesim

import (
	"net/http"
	"time"
)

// Misbehaviour is one way in which a real server, or what stands before it, goes wrong. Its zero value does nothing.
type Misbehaviour struct {
	// Dialect is the dialect that goes wrong, UMWS or EWS; empty for both.
	Dialect string
	// Operation is the operation that goes wrong; empty for all.
	Operation string
	// Times is how often; 0 for always.
	Times int
	// Wait is called before the operation would be carried out, and blocks as long as it likes. The request's context is
	// done when the client goes away.
	Wait func(*http.Request)
	// Unexecuted has the operation go wrong without having been carried out. By default it is carried out first.
	Unexecuted bool

	// Fail answers with an error of that name, in the shape of the dialect, instead of carrying the operation out: an
	// exception of umws in a fault, or a ResponseCode of ews in a response of class Error.
	Fail string
	// Status replaces the status; 0 keeps it.
	Status int
	// Header is added to the reply's header.
	Header map[string]string
	// Body replaces the body, if it is not nil.
	Body *string
	// Rewrite changes the body, after Body.
	Rewrite func([]byte) []byte

	// Cut leaves that many bytes out at the end while Content-Length counts them, and closes the connection.
	Cut int
	// Midway is called when half of the body is sent, and blocks as long as it likes.
	Midway func(*http.Request)
	// Chunked sends the reply without a Content-Length.
	Chunked bool
	// Drop closes the connection without a reply.
	Drop bool
	// Close closes the connection after the reply, and says so in it.
	Close bool
	// Hangup closes the connection after the reply, which lets the client believe that it stays open.
	Hangup bool
	// Reset has Cut, Drop and Hangup close the connection by a TCP reset, which may overtake what was sent.
	Reset bool
}

type script struct {
	Misbehaviour
	left int
}

// Misbehave has requests go wrong from now on. The first of several misbehaviours that apply counts.
func (s *Server) Misbehave(m Misbehaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts = append(s.scripts, &script{m, m.Times})
}

// Behave ends every misbehaviour.
func (s *Server) Behave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts = nil
}

var behaved = &Misbehaviour{}

// take finds the misbehaviour for a request and counts it.
func (s *Server) take(asked work) *Misbehaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range s.scripts {
		if !sc.concerns(asked) || sc.Times > 0 && sc.left == 0 {
			continue
		}
		sc.left--
		return &sc.Misbehaviour
	}
	return behaved
}

func (m *Misbehaviour) concerns(asked work) bool {
	return (m.Dialect == "" || m.Dialect == asked.dialect) && (m.Operation == "" || m.Operation == asked.operation)
}

// apply carries a request out, or not, and has the reply go wrong as told.
func (m *Misbehaviour) apply(r *http.Request, asked work, user string) answer {
	if m.Wait != nil {
		m.Wait(r)
	}
	a := newAnswer(http.StatusOK, "")
	switch {
	case m.Fail != "":
		a = asked.fail(m.Fail)
	case !m.Unexecuted:
		a = asked.run(user)
	}
	if m.Status != 0 {
		a.status = m.Status
	}
	for name, value := range m.Header {
		a.header.Set(name, value)
	}
	if m.Body != nil {
		a.body = []byte(*m.Body)
	}
	if m.Rewrite != nil {
		a.body = m.Rewrite(a.body)
	}
	return a
}

// sent is the part of a body that is sent.
func (m *Misbehaviour) sent(body []byte) []byte { return body[:max(len(body)-m.Cut, 0)] }

// Delay is a Wait that takes some time, or until the client goes away.
func Delay(d time.Duration) func(*http.Request) {
	return func(r *http.Request) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	}
}

// Until is a Wait that takes until the channel is closed, or until the client goes away.
func Until(done <-chan struct{}) func(*http.Request) {
	return func(r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}
}
