package gateway_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/umgateway/umgateway/gateway"
)

// rawHTTP2 is a connection on which a test writes and reads frames of HTTP/2 itself.
type rawHTTP2 struct {
	*http2.Framer
	net.Conn
}

func newRawHTTP2(t *testing.T, address string) rawHTTP2 {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	f := rawHTTP2{http2.NewFramer(connection, connection), connection}
	if _, err := io.WriteString(connection, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return f
}

// next reads up to a frame that the test looks for.
func (f rawHTTP2) next(t *testing.T, found func(http2.Frame) bool) {
	t.Helper()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			t.Fatalf("the frame does not come: %v", err)
		}
		if found(frame) {
			return
		}
	}
}

func TestConnectionsAreToldTheirLimits(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{Invoker: enabled, MaxStreams: 7})
	for front, address := range map[string]string{"gRPC": s.grpc.Target(), "HTTP": strings.TrimPrefix(s.url, "http://")} {
		newRawHTTP2(t, address).next(t, func(frame http2.Frame) bool {
			settings, is := frame.(*http2.SettingsFrame)
			if !is {
				return false
			}
			if streams, _ := settings.Value(http2.SettingMaxConcurrentStreams); streams != 7 {
				t.Errorf("%s: %d streams are allowed, want 7", front, streams)
			}
			// net/http adds something for what it counts itself.
			if size, said := settings.Value(http2.SettingMaxHeaderListSize); !said || size < 64<<10 || size > 80<<10 {
				t.Errorf("%s: %d bytes of header are allowed, want about 64 KiB", front, size)
			}
			return true
		})
	}
}

func TestWhoAsksTooOftenWhetherTheConnectionLivesLosesIt(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{Invoker: enabled})
	f := newRawHTTP2(t, s.grpc.Target())
	for range 10 {
		if err := f.WritePing(false, [8]byte{}); err != nil {
			break // it is lost already
		}
	}
	f.next(t, func(frame http2.Frame) bool {
		end, is := frame.(*http2.GoAwayFrame)
		if is && end.ErrCode != http2.ErrCodeEnhanceYourCalm {
			t.Errorf("the connection ends with %v", end.ErrCode)
		}
		return is
	})
}

func TestConnectionsOfAgeAreAskedToEnd(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{Invoker: enabled, MaxConnectionAge: 10 * time.Millisecond})
	newRawHTTP2(t, s.grpc.Target()).next(t, func(frame http2.Frame) bool {
		end, is := frame.(*http2.GoAwayFrame)
		if is && end.ErrCode != http2.ErrCodeNo {
			t.Errorf("the connection ends with %v", end.ErrCode)
		}
		return is
	})
}
