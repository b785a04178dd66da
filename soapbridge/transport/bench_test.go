package transport_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// newEcho makes a client of a server that allocates nothing for a request.
func newEcho(tb testing.TB) *transport.Client {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { listener.Close() })
	answer := []byte("HTTP/1.1 200 OK\r\nCache-Control: private, max-age=0\r\nContent-Type: text/xml; charset=utf-8\r\nServer: Microsoft-IIS/8.5\r\n" +
		"X-AspNet-Version: 4.0.30319\r\nX-Powered-By: ASP.NET\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Length: 400\r\n\r\n" + strings.Repeat("x", 400))
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buffer := make([]byte, 64<<10)
				for {
					if _, err := c.Read(buffer); err != nil {
						return
					}
					c.Write(answer)
				}
			}()
		}
	}()
	client, err := transport.New(transport.Config{URL: "http://" + listener.Addr().String() + "/UnifiedMessaging/Service.asmx"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { client.Close() })
	return client
}

func BenchmarkRoundTrip(b *testing.B) {
	client := newEcho(b)
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	request := &transport.Request{Action: "https://schemas.microsoft.com/exchange/services/2006/messages/Disconnect", Body: []byte(strings.Repeat("x", 400))}
	b.ReportAllocs()
	for b.Loop() {
		reply, err := client.RoundTrip(ctx, request)
		if err != nil {
			b.Fatal(err)
		}
		reply.Release()
	}
}
