package http1

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestHTTP2BeginsWithTheConnectionOnly has an http.Server behind a front that speaks HTTP/2 to who begins with it.
func TestHTTP2BeginsWithTheConnectionOnly(t *testing.T) {
	t.Parallel()
	const settings, preface = "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	for name, c := range map[string]struct {
		pieces []string
		want   bool
	}{
		"at once":               {[]string{preface + settings}, true},
		"in pieces":             {strings.Split(preface, ""), true},
		"after a request":       {[]string{get + preface + settings}, false},
		"later":                 {[]string{get, preface + settings}, false},
		"in pieces, later":      {append([]string{get}, strings.Split(preface+settings, "")...), false},
		"after one of net/http": {[]string{line("HEAD /v1/a HTTP/1.1") + preface + settings}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			newPair(t, http.HandlerFunc(mirror)).behind.made <- far
			go func() {
				for _, piece := range c.pieces {
					_, _ = io.WriteString(near, piece)
				}
			}()
			// A server of HTTP/2 begins with a frame of the type SETTINGS (RFC 9113 section 3.4), and no response has this text.
			var read []byte
			for one := make([]byte, 1); !strings.HasSuffix(string(read), "\x04\x00\x00\x00\x00\x00"); read = append(read, one...) {
				if _, err := near.Read(one); err != nil {
					break
				}
			}
			near.Close()
			if spoken := strings.HasSuffix(string(read), "\x04\x00\x00\x00\x00\x00"); spoken != c.want {
				t.Errorf("HTTP/2 is spoken: %v, want %v: %q", spoken, c.want, read)
			}
		})
	}
}

func TestReplayedBytesComeFirst(t *testing.T) {
	t.Parallel()
	for _, used := range []bool{false, true} {
		for _, rest := range []string{"PRI * HTTP/1.1", "PRINT / HTTP/1.1", get, "P", ""} {
			r := &replayed{Conn: newScript(strings.Split(rest, "")...), unread: []byte("PR"), used: used}
			if got, err := io.ReadAll(r); string(got) != "PR"+rest || err != nil {
				t.Errorf("%q is read, %v", got, err)
			}
		}
	}
}
