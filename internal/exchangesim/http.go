package exchangesim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const maxRequestBytes = 8 << 20

// ServeHTTP answers a SOAP request by POST, and "?wsdl" by GET. A request is carried out when its last byte has arrived,
// whether its client is still there or not, and never before.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // the last reply on this connection has set one
	switch {
	case r.Method == http.MethodGet && asksForWSDL(r):
		s.serveWSDL(w, r)
	case r.Method == http.MethodPost:
		s.servePost(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "The HTTP verb used is not allowed.", http.StatusMethodNotAllowed)
	}
}

func (s *Server) servePost(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.posts++
	s.mu.Unlock()
	user := s.user(r)
	switch {
	case user == "":
		http.Error(w, "Access is denied.", http.StatusUnauthorized)
		return
	case !isSOAP(r.Header.Get("Content-Type")):
		http.Error(w, "The media type is not supported, want text/xml in utf-8.", http.StatusUnsupportedMediaType)
		return
	}
	body, err := s.readBody(w, r)
	if err != nil {
		refuseBody(w, err)
		return
	}
	asked := s.look(r, body)
	m := s.take(asked)
	reply := m.apply(r, asked, user)
	s.record(Exchange{
		Time: s.config.Clock.Now(), Method: r.Method, Action: r.Header.Get("SOAPAction"), User: user, Request: string(body),
		Path: r.URL.Path, Dialect: asked.dialect, Operation: asked.operation,
	}, m, reply)
	m.write(w, r, reply, s.config.IOTimeout)
}

// look finds out what a request asks for, in the dialect of its path.
func (s *Server) look(r *http.Request, body []byte) work {
	if isEWS(r) {
		return s.ewsWork(r, body)
	}
	return s.umwsWork(r, body)
}

func isEWS(r *http.Request) bool { return strings.EqualFold(r.URL.Path, EWSPath) }

func asksForWSDL(r *http.Request) bool {
	for name := range r.URL.Query() {
		if strings.EqualFold(name, "wsdl") {
			return true
		}
	}
	return false
}

func isSOAP(contentType string) bool {
	media, parameters, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(parameters["charset"])
	return err == nil && media == "text/xml" && (charset == "" || charset == "utf-8")
}

func (s *Server) user(r *http.Request) string {
	if s.config.UserHeader != "" {
		return r.Header.Get(s.config.UserHeader)
	}
	return DefaultUser
}

func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Now().Add(s.config.IOTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err == nil {
		_ = deadline.SetReadDeadline(time.Time{})
	}
	return body, err
}

func refuseBody(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	w.Header().Set("Connection", "close")
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "Maximum request length exceeded.", http.StatusRequestEntityTooLarge)
	case errors.Is(err, os.ErrDeadlineExceeded):
		http.Error(w, "The request did not arrive in time.", http.StatusRequestTimeout)
	default:
		http.Error(w, "The request could not be read.", http.StatusBadRequest)
	}
}

func (s *Server) record(e Exchange, m *Misbehaviour, reply answer) {
	if !m.Drop {
		e.Status, e.Reply = reply.status, string(m.sent(reply.body))
	}
	s.mu.Lock()
	s.history.add(e)
	s.mu.Unlock()
	if s.config.Log != nil {
		s.config.Log(e)
	}
}

// Serve serves on the listener, over HTTP/1.1, until the context ends; then it closes the listener and all connections.
func Serve(ctx context.Context, listener net.Listener, s *Server) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("exchangesim: %w", err)
	}
	return nil
}
