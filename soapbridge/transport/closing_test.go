package transport_test

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// TestNothingIsSentAfterA500OnItsConnection: the server closes after each 500 without saying so, and loses what is on its way.
func TestNothingIsSentAfterA500OnItsConnection(t *testing.T) {
	t.Parallel()
	address := rawServer(t, func(c net.Conn, n int) {
		if readRequest(c) == nil {
			return
		}
		status := "500 Internal Server Error"
		if n > 0 {
			status = "200 OK"
		}
		io.WriteString(c, "HTTP/1.1 "+status+"\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>")
		readRequest(c) // and no answer
	})
	client := rawClient(t, address, nil)
	for _, want := range []int{http.StatusInternalServerError, http.StatusOK} {
		reply, err := client.RoundTrip(t.Context(), &transport.Request{Action: "urn:a", Body: []byte("<a/>")})
		if err != nil {
			t.Fatal(err)
		}
		if reply.Status != want {
			t.Errorf("the status is %d, want %d", reply.Status, want)
		}
		reply.Release()
	}
}
