package exchangesim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf16"
)

// Misbehaviour is one way in which a real server, or what stands before it, goes wrong.
type Misbehaviour struct {
	// Operation is the operation that goes wrong; empty for all.
	Operation string
	// Times is how often; 0 for always.
	Times int
	// Unexecuted has the operation go wrong without having been carried out. By default it is carried out first.
	Unexecuted bool
	// Wait is called before anything else, and before the operation if Unexecuted is not set afterwards. It blocks as long
	// as the test wants; the request's context is done when the client goes away.
	Wait func(*http.Request)

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
	// Drop closes the connection without a reply.
	Drop bool
	// Close closes the connection after the reply.
	Close bool
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

// take finds the misbehaviour for a request and counts it.
func (s *Server) take(action string) *Misbehaviour {
	operation := action[strings.LastIndexByte(action, '/')+1:]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts++
	for _, sc := range s.scripts {
		if sc.Operation != "" && sc.Operation != operation || sc.Times > 0 && sc.left == 0 {
			continue
		}
		sc.left--
		return &sc.Misbehaviour
	}
	return nil
}

// answer carries a request out, or not, and has it go wrong as told.
func (s *Server) answer(r *http.Request, e Exchange) answer {
	m := s.take(strings.Trim(e.Action, `"`))
	if m == nil {
		return s.dispatch(r, e.User, []byte(e.Request))
	}
	if m.Wait != nil {
		m.Wait(r)
	}
	a := newAnswer(http.StatusOK, "")
	if !m.Unexecuted {
		a = s.dispatch(r, e.User, []byte(e.Request))
	}
	return m.apply(a)
}

func (m *Misbehaviour) apply(a answer) answer {
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
	a.cut, a.drop, a.last = m.Cut, m.Drop, m.Close
	return a
}

// HTMLPage is what a proxy or a web server's error page looks like.
func HTMLPage(status int) Misbehaviour {
	page := fmt.Sprintf("<!DOCTYPE html>\r\n<html><head><title>%d</title></head><body><h1>Server Error</h1></body></html>", status)
	return Misbehaviour{Unexecuted: true, Status: status, Body: &page, Header: map[string]string{"Content-Type": "text/html"}}
}

// Empty is a reply without a body.
func Empty(status int) Misbehaviour {
	empty := ""
	return Misbehaviour{Unexecuted: true, Status: status, Body: &empty}
}

// UTF16 turns a reply into UTF-16, little-endian, with a byte order mark.
func UTF16(body []byte) []byte {
	out := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(strings.Replace(string(body), "utf-8", "utf-16", 1))) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}

// Gzip compresses a reply.
func Gzip(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(body)
	w.Close()
	return out.Bytes()
}

// BOM puts the UTF-8 byte order mark before a reply.
func BOM(body []byte) []byte { return append([]byte("\xEF\xBB\xBF"), body...) }

// OneWrapper takes the second wrapper out of a reply, as some published examples show it.
func OneWrapper(operation string) func([]byte) []byte {
	open, end := "<"+operation+"Response>", "</"+operation+"Response>"
	return func(body []byte) []byte {
		return []byte(strings.Replace(strings.Replace(string(body), open, "", 1), end, "", 1))
	}
}
