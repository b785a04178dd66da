package exchangesim_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"testing"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// The client of these benchmarks writes bytes that were made beforehand and reads as little of the reply as it can, so that
// the figure is the simulator's.

func BenchmarkIsUMEnabled(b *testing.B) {
	benchmark(b, exchangesim.ServicePath, httpNS+"/IsUMEnabled", soap("", `<IsUMEnabled xmlns="`+httpNS+`"/>`))
}

func BenchmarkPlayOnPhone(b *testing.B) {
	benchmark(b, exchangesim.ServicePath, httpNS+"/PlayOnPhone",
		soap("", `<PlayOnPhone xmlns="`+httpNS+`"><entryId>AAAA</entryId><DialString>4255550123</DialString></PlayOnPhone>`))
}

func BenchmarkEWSPlayOnPhone(b *testing.B) {
	benchmark(b, exchangesim.EWSPath, httpNS+"/PlayOnPhone", ewsEnvelope("http", "Exchange2010",
		`<m:PlayOnPhone><m:ItemId Id="AAMk"/><m:DialString>4255550123</m:DialString></m:PlayOnPhone>`))
}

func benchmark(b *testing.B, path, action, body string) {
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s)
	defer server.Close()
	address := server.Listener.Addr().String()
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: %q\r\n"+
		"Content-Length: %d\r\n\r\n%s", path, address, action, len(body), body)
	b.SetParallelism(8) // connections for each processor
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			b.Error(err)
			return
		}
		defer connection.Close()
		replies := bufio.NewReader(connection)
		for pb.Next() {
			if err := roundTrip(connection, replies, request); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func roundTrip(connection net.Conn, replies *bufio.Reader, request []byte) error {
	if _, err := connection.Write(request); err != nil {
		return err
	}
	reader := textproto.NewReader(replies)
	line, err := reader.ReadLine()
	if err != nil || line != "HTTP/1.1 200 OK" {
		return fmt.Errorf("status line %q, error %v", line, err)
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		return err
	}
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		return err
	}
	_, err = io.CopyN(io.Discard, replies, int64(length))
	return err
}
