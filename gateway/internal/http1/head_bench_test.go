package http1

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkRead reads a request of a usual client, here and as net/http does.
func BenchmarkRead(b *testing.B) {
	body := `{"callId":"` + strings.Repeat("A", 100) + `"}`
	var request bytes.Buffer
	r, err := http.NewRequest(http.MethodPost, "http://gateway.example.com/v1/calls:disconnect", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header = http.Header{"User-Agent": {"bench"}, "Accept": {"*/*"}, "Content-Type": {"application/json"}}
	if err := r.Write(&request); err != nil {
		b.Fatal(err)
	}
	b.Run("here", func(b *testing.B) {
		front := New(newConnections(), Config{Takes: func(*http.Request) bool { return true }})
		c := &conn{front: front, base: context.Background(), buffer: make([]byte, bufferSize)}
		b.ReportAllocs()
		for b.Loop() {
			if _, _, is := c.read(request.Bytes()); is != plain {
				b.Fatal(is)
			}
		}
	})
	b.Run("net/http", func(b *testing.B) {
		source, buffered := bytes.NewReader(nil), bufio.NewReader(nil)
		b.ReportAllocs()
		for b.Loop() {
			source.Reset(request.Bytes())
			buffered.Reset(source)
			r, err := http.ReadRequest(buffered)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				b.Fatal(err)
			}
		}
	})
}
