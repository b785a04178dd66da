package gateway

import (
	"net/http"
	"strings"
)

// restPrefix is how the paths of all rpcs begin that have a route (google.api.http in proto/um/v1).
const restPrefix = "/v1/"

// watchSuffix is how the path of WatchCall ends.
const watchSuffix = ":watch"

// headAsGet answers HEAD as GET, without the content, which net/http leaves out (RFC 9110 section 9.3.2). A stream has no end
// that a HEAD could wait for, so that it is refused there as before. Pages know HEAD themselves.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && strings.HasPrefix(r.URL.Path, restPrefix) && !strings.HasSuffix(r.URL.Path, watchSuffix) {
			asGet := *r
			asGet.Method = http.MethodGet
			r = &asGet
		}
		next.ServeHTTP(w, r)
	})
}
