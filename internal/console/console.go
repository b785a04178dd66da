package console

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
)

// Path is where the page is.
const Path = "/console/"

//go:embed page
var page embed.FS

// Config says what the console can tell. Zero values stand for the defaults.
type Config struct {
	// SignIn returns the kinds of credential that callers can show, by their schemes: "Bearer", "Basic", "ClientCertificate".
	// Everybody can read them. Default: none.
	SignIn func() []string
	// Status tells how the backends are, to the caller of the context. Required.
	Status func(context.Context) Status
	// Reasons is the page about the reasons of errors, as docs.Reasons. Required.
	Reasons string
	// Docs is the path of the documentation of the API, in which reasons/NAME explains a reason. Default: there is none.
	Docs string
	// Demo describes the simulator behind the gateway. Default: there is a real backend.
	Demo *Demo
}

// Console makes the handlers of the page. It is safe for concurrent use.
type Console struct {
	config  Config
	files   fs.FS
	reasons map[string]reason
}

// New checks the configuration.
func New(config Config) (*Console, error) {
	if config.Status == nil {
		return nil, errors.New("console: a status is required")
	}
	if config.SignIn == nil {
		config.SignIn = func() []string { return nil }
	}
	files, err := fs.Sub(page, "page")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	reasons, err := readReasons(config.Reasons)
	if err != nil {
		return nil, fmt.Errorf("console: reasons: %w", err)
	}
	return &Console{config, files, reasons}, nil
}

// Pages are what everybody may see, by patterns of net/http.ServeMux: the page, what errors mean, and how to sign in.
func (c *Console) Pages() map[string]http.Handler {
	return map[string]http.Handler{
		"GET " + Path:             strict(http.StripPrefix(Path, http.FileServerFS(c.files))),
		"GET /console":            strict(http.RedirectHandler(Path, http.StatusMovedPermanently)),
		"GET " + Path + "about":   strict(http.HandlerFunc(c.about)),
		"GET " + Path + "reasons": strict(http.HandlerFunc(c.explain)),
	}
}

// CallerPages are what callers may see: the status and, of a simulator, the exchanges.
func (c *Console) CallerPages() map[string]http.Handler {
	pages := map[string]http.Handler{"GET " + Path + "status": strict(http.HandlerFunc(c.status))}
	if c.config.Demo != nil {
		pages["GET "+Path+"exchanges"] = strict(http.HandlerFunc(c.exchanges))
	}
	return pages
}

// about tells the page what to offer before anybody has signed in.
func (c *Console) about(w http.ResponseWriter, _ *http.Request) {
	schemes := c.config.SignIn()
	if schemes == nil {
		schemes = []string{}
	}
	answer(w, struct {
		SignIn []string `json:"signIn"`
		Docs   string   `json:"docs,omitempty"`
		Demo   *Demo    `json:"demo,omitempty"`
	}{schemes, c.config.Docs, c.config.Demo})
}

func (c *Console) explain(w http.ResponseWriter, _ *http.Request) { answer(w, c.reasons) }

func (c *Console) status(w http.ResponseWriter, r *http.Request) {
	answer(w, c.config.Status(r.Context()))
}

// exchanges answers with those after the one that the query names.
func (c *Console) exchanges(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		after = 0
	}
	answer(w, struct {
		Exchanges []Exchange `json:"exchanges"`
	}{c.config.Demo.Journal.After(after)})
}

func answer(w http.ResponseWriter, document any) {
	text, err := json.Marshal(document)
	if err != nil {
		http.Error(w, "the answer could not be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}
