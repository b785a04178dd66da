package transport_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// rawServer hands each connection, and its number, to the function, and closes it afterwards. It returns its address.
func rawServer(t *testing.T, serve func(c net.Conn, n int)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for n := 0; ; n++ {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); serve(c, n) })
		}
	})
	t.Cleanup(func() { listener.Close(); all.Wait() })
	return listener.Addr().String()
}

// readRequest reads one request; nil at the end of the connection.
func readRequest(c net.Conn) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return nil
	}
	io.Copy(io.Discard, r.Body)
	return r
}

func rawClient(t *testing.T, address string, change func(*transport.Config)) *transport.Client {
	t.Helper()
	config := transport.Config{URL: "http://" + address + "/service"}
	if change != nil {
		change(&config)
	}
	client, err := transport.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}
