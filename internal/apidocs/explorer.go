package apidocs

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/swaggest/swgui/v5/static"
)

// assets are the pages' own files.
//
//go:embed assets
var assets embed.FS

// explorerPages are the page to read and try the API with, which is Swagger UI, and its files.
func explorerPages() (map[string]http.Handler, error) {
	pages := map[string]http.Handler{"GET /docs": http.RedirectHandler("docs/", http.StatusFound)}
	for pattern, name := range map[string]string{"GET /docs/{$}": "explorer.html", "GET /docs/explorer.js": "explorer.js", "GET /docs/docs.css": "docs.css"} {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return nil, err
		}
		pages[pattern] = fileOf(name, data)
	}
	for _, name := range []string{"swagger-ui-bundle.js", "swagger-ui.css"} {
		data, err := static.FS.ReadFile(name + ".gz")
		if err != nil {
			return nil, fmt.Errorf("swagger ui: %w", err)
		}
		if pages["GET /docs/"+name], err = compressed(name, data); err != nil {
			return nil, fmt.Errorf("swagger ui: %s: %w", name, err)
		}
	}
	return pages, nil
}

func fileOf(name string, data []byte) http.Handler {
	if strings.HasSuffix(name, ".html") {
		return page(data)
	}
	return fixed(typeOf(name), data)
}

func typeOf(name string) string {
	if strings.HasSuffix(name, ".css") {
		return "text/css; charset=utf-8"
	}
	return "text/javascript; charset=utf-8"
}

// compressed serves a file that is kept compressed by gzip, as it is to whoever takes that.
func compressed(name string, data []byte) (http.Handler, error) {
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return nil, err
	}
	small := fixed(typeOf(name), data)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			small.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", typeOf(name))
		if reader, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			_, _ = io.Copy(w, reader)
		}
	}), nil
}
