package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/umgateway/umgateway/gateway/internal/http1"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// Serve serves gRPC and REST on the listeners until the context ends or one of them fails. It then drains: health turns to
// NOT_SERVING, no new call is accepted, and calls in flight have Config.DrainTimeout to finish. It closes the listeners. A
// Gateway can serve once.
func (g *Gateway) Serve(ctx context.Context, grpcListener, httpListener net.Listener) error {
	rest := &http.Server{
		Handler: g.http, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(l net.Listener) context.Context { return withListener(context.Background(), l) },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, arrivalKey{}, arrivalOf(c))
		},
		ConnState: g.followConnection,
		Protocols: httpProtocols(), HTTP2: &http.HTTP2Config{MaxConcurrentStreams: g.config.MaxStreams},
		ErrorLog: slog.NewLogLogger(g.config.Logger.Handler(), slog.LevelDebug),
	}
	var plain *http1.Front
	if g.config.TLS == nil {
		plain = g.newPlainFront(httpListener)
		httpListener = arrivals{plain, false}
	} else {
		httpListener = tls.NewListener(arrivals{httpListener, true}, g.config.TLS("h2", "http/1.1"))
	}
	g.serving.Store(true)
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error {
		// Where the end comes before the beginning, there is nothing to serve.
		if err := g.grpc.Serve(grpcListener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			return fmt.Errorf("serve grpc: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		if err := rest.Serve(httpListener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve http: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-running.Done()
		return g.drain(rest, plain)
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	return nil
}

// httpProtocols are what the HTTP front speaks. HTTP/2 without encryption, by prior knowledge (RFC 9113 section 3.3), is what
// gRPC clients speak to it.
func httpProtocols() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// drain lets calls in flight finish, and ends those that take too long.
func (g *Gateway) drain(rest *http.Server, plain *http1.Front) error {
	g.health.Shutdown()
	g.endStreams()
	limited, cancel := context.WithTimeout(context.Background(), g.config.DrainTimeout)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		g.grpc.GracefulStop()
		close(stopped)
	}()
	err := drainHTTP(limited, rest, plain)
	select {
	case <-stopped:
	case <-limited.Done():
		g.grpc.Stop()
		<-stopped
		err = limited.Err()
	}
	if err != nil {
		return fmt.Errorf("drain: calls were still in flight after %v: %w", g.config.DrainTimeout, err)
	}
	return nil
}

// drainHTTP lets requests in flight finish until the context ends, and ends the others. There may be no front for plain ones.
func drainHTTP(ctx context.Context, rest *http.Server, plain *http1.Front) error {
	err := rest.Shutdown(ctx)
	if plain != nil {
		err = cmp.Or(err, plain.Shutdown(ctx))
	}
	if err == nil {
		return nil
	}
	rest.Close()
	if plain != nil {
		plain.Abort()
	}
	return err
}
