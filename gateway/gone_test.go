package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// gone is a client that has left: nothing can be written to it.
type gone struct{ *httptest.ResponseRecorder }

func (gone) Write([]byte) (int, error)       { return 0, syscall.EPIPE }
func (gone) WriteString(string) (int, error) { return 0, syscall.EPIPE }

func TestWatchersThatLeaveAreNoDefect(t *testing.T) {
	t.Parallel()
	frame := "\x00\x00\x00\x00\x0e" + `{"callId":"x"}`
	for name, c := range map[string]struct{ verb, path, kind, body string }{
		"REST":    {http.MethodGet, "/v1/calls/x:watch", "", ""},
		"Connect": {http.MethodPost, "/um.v1.CallService/WatchCall", "application/connect+json", frame},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ended error
			watching := watcher(func(_ context.Context, _ *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
				return send(ringing)
			})
			g, err := gateway.New(gateway.Config{Invoker: enabled, Watcher: watching, Around: []gateway.Interceptor{
				func(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
					ended = next(ctx, call)
					return ended
				},
			}})
			if err != nil {
				t.Fatal(err)
			}
			request := httptest.NewRequestWithContext(t.Context(), c.verb, c.path, strings.NewReader(c.body))
			request.Header.Set("Content-Type", c.kind)
			g.Handler().ServeHTTP(gone{httptest.NewRecorder()}, request)
			var e *gateway.Error
			if !errors.As(ended, &e) || e.Code != codes.Canceled || e.Reason != "CANCELED" || !errors.Is(ended, syscall.EPIPE) {
				t.Errorf("the call ended with %v", ended)
			}
		})
	}
}
