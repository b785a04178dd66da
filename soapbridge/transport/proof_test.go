package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// scripted makes a client whose connections are served in memory by the function.
func scripted(t *testing.T, serve func(c net.Conn)) *transport.Client {
	t.Helper()
	return rawClient(t, "backend.example.com", func(c *transport.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go func() { defer server.Close(); serve(server) }()
			return client, nil
		}
	})
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func TestErrorProvesHowMuchWasSent(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", 300)
	size := requestSize(t, body)
	for name, test := range map[string]struct {
		read  int // bytes of the request that the server takes before it closes
		reply string
		kind  transport.Kind
		sent  transport.Sent
	}{
		"nothing":                 {0, "", transport.KindUnavailable, transport.NothingSent},
		"one byte":                {1, "", transport.KindUnavailable, transport.PartlySent},
		"all but one byte":        {size - 1, "", transport.KindUnavailable, transport.PartlySent},
		"all, no reply":           {size, "", transport.KindUnavailable, transport.FullySent},
		"all, half a status line": {size, "HTTP/1.1 2", transport.KindTruncated, transport.FullySent},
		"all, half a header":      {size, "HTTP/1.1 200 OK\r\nContent-", transport.KindTruncated, transport.FullySent},
		"all, not HTTP":           {size, "220 smtp.example.com\r\n", transport.KindMalformedReply, transport.FullySent},
		"all, lengths that differ": {size, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab",
			transport.KindMalformedReply, transport.FullySent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := scripted(t, func(c net.Conn) {
				io.CopyN(io.Discard, c, int64(test.read))
				if test.reply != "" { // a pipe waits for a reader even then
					io.WriteString(c, test.reply)
				}
			})
			_, err := call(t, client, nil, body)
			var failure *transport.Error
			if !errors.As(err, &failure) || failure.Kind != test.kind || failure.Sent != test.sent {
				t.Errorf("%+v, want kind %d, sent %d", err, test.kind, test.sent)
			}
		})
	}
}

// requestSize is how many bytes call sends.
func requestSize(t *testing.T, body string) int {
	size := make(chan int, 1)
	client := scripted(t, func(c net.Conn) {
		buffer := make([]byte, 10000)
		n, _ := c.Read(buffer)
		size <- n
		io.WriteString(c, ok)
	})
	mustCall(t, client, nil, body)
	return <-size
}

func TestReplyThatEndsEarlyComesBackMarked(t *testing.T) {
	t.Parallel()
	client := scripted(t, func(c net.Conn) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")
	})
	reply, err := client.RoundTrip(t.Context(), &transport.Request{Body: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Release()
	if !reply.Truncated || string(reply.Body) != "short" {
		t.Errorf("truncated %v, body %q", reply.Truncated, reply.Body)
	}
}

func TestRequestIsWrittenAsOldServersWantIt(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	client := rawClient(t, "backend.example.com:8080", func(c *transport.Config) {
		c.URL = "http://backend.example.com:8080/a%20b/Service.asmx?x=%2F"
		c.Dial = func(_ context.Context, network, address string) (net.Conn, error) {
			if network != "tcp" || address != "backend.example.com:8080" {
				t.Errorf("dialled %s %s", network, address)
			}
			client, server := net.Pipe()
			go func() {
				buffer := make([]byte, 10000)
				n, _ := server.Read(buffer)
				got <- string(buffer[:n])
				io.WriteString(server, ok)
			}()
			return client, nil
		}
	})
	reply, err := client.RoundTrip(t.Context(), &transport.Request{Action: "urn:act", Body: []byte("<x/>")})
	if err != nil {
		t.Fatal(err)
	}
	reply.Release()
	want := "POST /a%20b/Service.asmx?x=%2F HTTP/1.1\r\nHost: backend.example.com:8080\r\nUser-Agent: umgateway\r\nAccept: text/xml\r\n" +
		"Content-Type: text/xml; charset=utf-8\r\nSOAPAction: \"urn:act\"\r\nContent-Length: 4\r\n\r\n<x/>"
	if text := <-got; text != want {
		t.Errorf("wrote %q\nwant  %q", text, want)
	}
}

func TestRequestThatCannotBeAFieldIsRefused(t *testing.T) {
	t.Parallel()
	client := scripted(t, func(net.Conn) { t.Error("a connection was made") })
	for _, request := range []*transport.Request{{Action: "a\"b"}, {Action: "a\r\nX: y"}, {ContentType: "text/xml\nX: y"}} {
		_, err := client.RoundTrip(t.Context(), request)
		wantKind(t, err, transport.KindUnavailable)
	}
}

func TestEndpointThatCannotBeReached(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	_, err = call(t, rawClient(t, listener.Addr().String(), nil), nil, "body")
	failure := wantKind(t, err, transport.KindUnavailable)
	if failure.Op != "connect" || failure.Endpoint == "" {
		t.Errorf("%+v", failure)
	}
}

func TestConnectingEndsInItsTimeAndInHalfOfTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := rawClient(t, "backend.example.com", func(c *transport.Config) {
			c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
		})
		start := time.Now()
		_, err := call(t, client, nil, "body")
		wantKind(t, err, transport.KindUnavailable)
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
		if !errors.Is(err, transport.ErrConnectTimeout) {
			t.Errorf("got %v, want ErrConnectTimeout", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		_, err = client.RoundTrip(ctx, &transport.Request{})
		wantKind(t, err, transport.KindUnavailable)
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("took %v of a second, want half", took)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		_, err = client.RoundTrip(ctx, &transport.Request{})
		wantKind(t, err, transport.KindCanceled)
	})
}

func TestCallEndsWithItsContextWhateverTheServerDoes(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"takes nothing":             func(c net.Conn) { time.Sleep(time.Hour) },
		"answers nothing":           func(c net.Conn) { readRequest(c); time.Sleep(time.Hour) },
		"a byte of header a second": func(c net.Conn) { readRequest(c); drip(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("y", 10000)) },
		"a byte of body a second": func(c net.Conn) {
			readRequest(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			drip(c, strings.Repeat("y", 10000))
		},
		"an interim reply a second": func(c net.Conn) { readRequest(c); drip(c, strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 8)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := scripted(t, serve)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				_, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("x")})
				var failure *transport.Error
				if !errors.As(err, &failure) || failure.Kind != transport.KindDeadline || time.Since(start) != 10*time.Second {
					t.Errorf("%v after %v", err, time.Since(start))
				}
				ctx, cancel = context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				_, err = client.RoundTrip(ctx, &transport.Request{Body: []byte("x")})
				if !errors.As(err, &failure) || failure.Kind != transport.KindCanceled || time.Since(start) != 11*time.Second {
					t.Errorf("%v after %v", err, time.Since(start))
				}
				if got := client.Stats().Open; got != 0 {
					t.Errorf("%d connections are left", got)
				}
				time.Sleep(24 * time.Hour) // the server ends
			})
		})
	}
}

func drip(c net.Conn, text string) {
	for i := range len(text) {
		time.Sleep(time.Second)
		if _, err := c.Write([]byte{text[i]}); err != nil {
			return
		}
	}
}

func TestHostileRepliesAreBoundedInMemory(t *testing.T) {
	block := strings.Repeat("x", 64<<10)
	for name, test := range map[string]struct {
		start, again string
		kind         transport.Kind
	}{
		"1 GiB in chunks":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10000\r\n" + block + "\r\n", transport.KindReplyTooLarge},
		"1 GiB in chunks of 1":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", strings.Repeat("1\r\nx\r\n", 10000), transport.KindReplyTooLarge},
		"1 GiB until the end":      {"HTTP/1.1 200 OK\r\n\r\n", block, transport.KindReplyTooLarge},
		"1 GiB announced":          {"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", block, transport.KindReplyTooLarge},
		"endless header lines":     {"HTTP/1.1 200 OK\r\n", strings.Repeat("X: y\r\n", 1000), transport.KindHeaderTooLarge},
		"one endless header line":  {"HTTP/1.1 200 OK\r\nX: ", block, transport.KindHeaderTooLarge},
		"endless trailer":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", strings.Repeat("X: y\r\n", 1000), transport.KindHeaderTooLarge},
		"endless chunk extensions": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", block, transport.KindHeaderTooLarge},
		"endless interim replies":  {"HTTP/1.1 100 Continue\r\n\r\n", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), transport.KindMalformedReply},
	} {
		t.Run(name, func(t *testing.T) {
			written := make(chan int, 1)
			client := scripted(t, func(c net.Conn) {
				readRequest(c)
				n, err := io.WriteString(c, test.start)
				for total := n; ; total += n {
					if err != nil || total > 1<<30 {
						written <- total
						return
					}
					n, err = io.WriteString(c, test.again)
				}
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := call(t, client, nil, "body")
			runtime.ReadMemStats(&after)
			var failure *transport.Error
			if !errors.As(err, &failure) || failure.Kind != test.kind || failure.Sent != transport.FullySent {
				t.Errorf("%v, want kind %d", err, test.kind)
			}
			if took, used := <-written, after.TotalAlloc-before.TotalAlloc; took > 16<<20 || used > 16<<20 {
				t.Errorf("%d bytes were taken, %d allocated", took, used)
			} else {
				t.Logf("%d bytes were taken, %d allocated", took, used)
			}
		})
	}
}

func TestTLSWriteIsNeverProofThatNothingLeft(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "root")
	serverSide := &tls.Config{Certificates: []tls.Certificate{a.pair("backend.example.com")}, SessionTicketsDisabled: true}
	client := rawClient(t, "backend.example.com", func(c *transport.Config) {
		c.URL, c.TLS = "https://backend.example.com/", &tls.Config{RootCAs: a.pool()}
		c.Dial = func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				defer server.Close()
				secure := tls.Server(server, serverSide)
				secure.HandshakeContext(context.Background())
				server.Read(make([]byte, 100)) // a part of the record that holds the request
			}()
			return client, nil
		}
	})
	_, err := call(t, client, nil, "body")
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Sent != transport.PartlySent {
		t.Errorf("%+v", err)
	}
}

func TestErrorNamesStepAndEndpoint(t *testing.T) {
	t.Parallel()
	err := &transport.Error{Op: "read", Endpoint: "http://backend.example.com/", Limit: "a limit", Err: errors.New("why")}
	if got := err.Error(); got != "read http://backend.example.com/: a limit: why" {
		t.Errorf("got %q", got)
	}
	if got := fmt.Sprint(&transport.Error{Op: "wait", Err: errors.New("why")}); got != "wait: why" {
		t.Errorf("got %q", got)
	}
}
