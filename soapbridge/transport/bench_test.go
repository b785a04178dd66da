package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// echoAnswer is what IIS sends, as far as the header goes.
var echoAnswer = []byte("HTTP/1.1 200 OK\r\nCache-Control: private, max-age=0\r\nContent-Type: text/xml; charset=utf-8\r\nServer: Microsoft-IIS/8.5\r\n" +
	"X-AspNet-Version: 4.0.30319\r\nX-Powered-By: ASP.NET\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Length: 400\r\n\r\n" + strings.Repeat("x", 400))

// newEcho makes a client of a server that allocates nothing for a request.
func newEcho(tb testing.TB) *transport.Client {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { listener.Close() })
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
					c.Write(echoAnswer)
				}
			}()
		}
	}()
	return newBenchClient(tb, transport.Config{URL: "http://" + listener.Addr().String() + "/UnifiedMessaging/Service.asmx"})
}

func newBenchClient(tb testing.TB, config transport.Config) *transport.Client {
	client, err := transport.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { client.Close() })
	return client
}

// echo is a connection without a network: each request is answered at once.
type echo struct {
	net.Conn // nil: what is not below is not used
	left     []byte
}

func (e *echo) Write(p []byte) (int, error) { e.left = echoAnswer; return len(p), nil }

func (e *echo) Read(p []byte) (int, error) {
	if len(e.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, e.left)
	e.left = e.left[n:]
	return n, nil
}

func (*echo) SetDeadline(time.Time) error { return nil }
func (*echo) Close() error                { return nil }

var benchRequest = &transport.Request{
	Action: "https://schemas.microsoft.com/exchange/services/2006/messages/Disconnect", Body: []byte(strings.Repeat("x", 400)),
}

// benchRoundTrip calls with a deadline for each call, as callers do.
func benchRoundTrip(b *testing.B, client *transport.Client) {
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
		reply, err := client.RoundTrip(ctx, benchRequest)
		if err != nil {
			b.Fatal(err)
		}
		reply.Release()
		cancel()
	}
}

// BenchmarkRoundTrip is a request over the loopback interface. The server shares the processors.
func BenchmarkRoundTrip(b *testing.B) { benchRoundTrip(b, newEcho(b)) }

// BenchmarkRoundTripWithoutNetwork is what the client itself costs.
func BenchmarkRoundTripWithoutNetwork(b *testing.B) {
	benchRoundTrip(b, newBenchClient(b, transport.Config{
		URL: "http://mail.example.com/UnifiedMessaging/Service.asmx",
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return new(echo), nil
		},
	}))
}

// BenchmarkContext is what the contexts of the other benchmarks cost by themselves.
func BenchmarkContext(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
		if errors.Is(ctx.Err(), context.Canceled) {
			b.Fatal("cancelled")
		}
		cancel()
	}
}
