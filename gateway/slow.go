package gateway

import (
	"io"
	"net/http"
	"time"
)

// bodyTimeout is how long a client may take to send a body.
const bodyTimeout = 30 * time.Second

// limitBody bounds how long a client may take to send the body, whether somebody reads it or net/http throws it away.
func limitBody(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	control := http.NewResponseController(w)
	// Not every ResponseWriter has deadlines; those of tests do not.
	if control.SetReadDeadline(time.Now().Add(bodyTimeout)) == nil {
		r.Body = &timedBody{r.Body, control}
	}
}

// timedBody has a deadline until it has been read to its end. After that it would end the request.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read reads, and lifts the deadline at the end.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
