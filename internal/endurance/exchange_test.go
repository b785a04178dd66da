package endurance

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// The kinds of calls. What happens to one is written in its number.
const (
	plain   = "+1555" // nothing goes wrong
	slow    = "+1556" // Exchange takes its time
	lost    = "+1557" // Exchange dials, and its answer is lost
	refused = "+1558" // Exchange refuses: the message has no valid id
)

// kindOf is the kind of the i-th call.
func kindOf(i int) string {
	switch i % 20 {
	case 3, 7, 11:
		return slow
	case 13:
		return lost
	case 17:
		return refused
	}
	return plain
}

// exchange is a simulated Exchange whose calls can be watched on their way.
type exchange struct {
	*exchangesim.Server
	url string
	at  func(point) // told what each request has reached
}

func newExchange(t *testing.T, config exchangesim.Config, at func(point)) *exchange {
	t.Helper()
	sim, err := exchangesim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	e := &exchange{Server: sim, at: at}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

// ServeHTTP answers as Exchange does, except for what the number asks for.
func (e *exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // the gateway was killed while it sent the request
		panic(http.ErrAbortHandler)
	}
	e.at(arrived)
	if bytes.Contains(body, []byte(slow)) {
		exchangesim.Delay(50 * time.Millisecond)(r)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	reply := httptest.NewRecorder()
	e.Server.ServeHTTP(reply, r)
	e.at(executed)
	if bytes.Contains(body, []byte(lost)) {
		panic(http.ErrAbortHandler)
	}
	for name, values := range reply.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.Code)
	w.Write(reply.Body.Bytes())
	e.at(replied)
}

// rang returns the ids of the calls that were placed, by number.
func (e *exchange) rang() map[string][]string {
	calls := map[string][]string{}
	for _, call := range e.Calls(exchangesim.DefaultUser) {
		calls[call.DialString] = append(calls[call.DialString], call.ID)
	}
	return calls
}

// number is the number of the i-th call, which no other has.
func number(i int) string { return fmt.Sprintf("%s%06d", kindOf(i), i) }

// message is the id of the message that the call to a number plays.
func message(number string) string {
	if strings.HasPrefix(number, refused) {
		return exchangesim.BadEntryID
	}
	return "AAAA"
}
