package gateway

import (
	"net/http"
	"time"

	"github.com/umgateway/umgateway/gateway/internal/http1"
)

// bodyTimeout is how long a client may take to send a body.
const bodyTimeout = 30 * time.Second

// limitBody bounds how long a client may take to send the body, whether somebody reads it or net/http throws it away. Once the
// body has been read to its end, net/http itself lifts the deadline.
func limitBody(w http.ResponseWriter, r *http.Request) {
	if _, come := http1.Content(r); come || r.Body == nil {
		return
	}
	// Not every ResponseWriter has deadlines; those of tests do not.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
}
