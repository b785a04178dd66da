package apidocs

import (
	"fmt"
	"maps"
	"net/http"
	"sync"
)

// Pages returns the pages by their patterns, for gateway.Config.Pages. The reasons of errors are a page in Markdown, with a
// heading of the third level for each.
func Pages(reasons string) (map[string]http.Handler, error) {
	pages := map[string]http.Handler{}
	for _, part := range []func() (map[string]http.Handler, error){
		openAPIPages, descriptorPages, explorerPages, func() (map[string]http.Handler, error) { return reasonPages(reasons) },
	} {
		more, err := part()
		if err != nil {
			return nil, fmt.Errorf("api documentation: %w", err)
		}
		maps.Copy(pages, more)
	}
	return pages, nil
}

// maxAge is how long a browser may keep what is part of the program.
const maxAge = "private, max-age=300"

// fixed serves a document that does not change.
func fixed(contentType string, document []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", maxAge)
		_, _ = w.Write(document)
	})
}

// built serves a document that is made, and kept, when somebody first asks for it: few gateways are ever asked.
func built(contentType string, build func() ([]byte, error)) http.Handler {
	document := sync.OnceValues(build)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := document()
		if err != nil {
			http.Error(w, "the document could not be written", http.StatusInternalServerError)
			return
		}
		fixed(contentType, data).ServeHTTP(w, r)
	})
}

// contentPolicy lets a page load scripts, styles and images from its own origin only, and no page hold it in a frame. Swagger
// UI sets styles within its elements, and its style sheet holds its images.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page serves a page of HTML.
func page(document []byte) http.Handler {
	next := fixed("text/html; charset=utf-8", document)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", contentPolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
