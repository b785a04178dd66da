package gateway

import (
	"fmt"
	"net/http"
	"strings"
)

// apiPrefix is where the paths of all rpcs over REST begin.
const apiPrefix = "/v1/"

// withPages puts further pages beside the rpcs. They pass the same guards of origin and host, and have a request id.
func (g *Gateway) withPages(rpcs http.Handler) (handler http.Handler, err error) {
	if len(g.config.Pages)+len(g.config.CallerPages) == 0 {
		return rpcs, nil
	}
	pages := http.NewServeMux()
	for pattern, page := range g.config.Pages {
		if err := handle(pages, pattern, page); err != nil {
			return nil, err
		}
	}
	for pattern, page := range g.config.CallerPages {
		if err := handle(pages, pattern, g.forCallers(page)); err != nil {
			return nil, err
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, apiPrefix) {
			if page, pattern := pages.Handler(r); pattern != "" {
				frontOf(r.Context()).reached = true
				page.ServeHTTP(w, r)
				return
			}
		}
		rpcs.ServeHTTP(w, r)
	}), nil
}

// handle registers a page. ServeMux panics at patterns that are wrong or in conflict.
func handle(pages *http.ServeMux, pattern string, page http.Handler) (err error) {
	if strings.Contains(pattern, apiPrefix) || strings.Contains(pattern, rpcPrefix) {
		return fmt.Errorf("page %q: paths that begin with %s or %s belong to the rpcs", pattern, apiPrefix, rpcPrefix)
	}
	defer func() {
		if refused := recover(); refused != nil {
			err = fmt.Errorf("page %q: %v", pattern, refused)
		}
	}()
	pages.Handle(pattern, page)
	return nil
}
