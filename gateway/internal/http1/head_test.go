package http1

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"testing"

	"golang.org/x/net/http/httpguts"
)

// FuzzPlainRequestsAreThoseOfNetHTTP holds what is read here to what net/http reads: whatever is plain is the same request
// there, and as long.
func FuzzPlainRequestsAreThoseOfNetHTTP(f *testing.F) {
	for _, c := range requests {
		f.Add([]byte(c.sent))
	}
	front := New(newConnections(), Config{Takes: func(*http.Request) bool { return true }})
	c := &conn{front: front, base: context.Background(), buffer: make([]byte, bufferSize)}
	f.Fuzz(func(t *testing.T, sent []byte) {
		x, size, is := c.read(sent[:min(len(sent), bufferSize)])
		if is != plain {
			return
		}
		source := bytes.NewReader(sent)
		buffered := bufio.NewReader(source)
		want, err := http.ReadRequest(buffered)
		if err != nil {
			t.Fatalf("net/http refuses it: %v", err)
		}
		wantBody, err := io.ReadAll(want.Body)
		if err != nil {
			t.Fatalf("net/http refuses the body: %v", err)
		}
		if used := len(sent) - source.Len() - buffered.Buffered(); size != used {
			t.Errorf("the request has %d bytes, want %d", size, used)
		}
		if !httpguts.ValidHostHeader(want.Header.Get("Host")) {
			t.Errorf("net/http refuses the host %q", want.Header.Get("Host"))
		}
		for name, values := range want.Header {
			for _, value := range values {
				if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
					t.Errorf("net/http refuses the field %q: %q", name, value)
				}
			}
		}
		want.Header.Del("Host") // as http.Server does
		got := x.request
		body, _ := io.ReadAll(got.Body)
		if !bytes.Equal(body, wantBody) {
			t.Errorf("the body is %q, want %q", body, wantBody)
		}
		if (got.Body == http.NoBody) != (want.Body == http.NoBody) {
			t.Errorf("the body is %T, want %T", got.Body, want.Body)
		}
		want, got = want.WithContext(context.Background()), got.WithContext(context.Background())
		want.Body, got.Body = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the request is %#v, want %#v", got, want)
		}
	})
}
