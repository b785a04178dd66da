package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// newProxy is the measure of all things: a reverse proxy of the standard library that passes SOAP through, tuned so that
// it keeps its connections and buffers.
func newProxy(backend *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(backend) },
		Transport: &http.Transport{
			MaxIdleConns: 2048, MaxIdleConnsPerHost: 2048, IdleConnTimeout: 90 * time.Second, DisableCompression: true,
		},
		BufferPool: &buffers{},
	}
}

// buffers lends the proxy its buffers.
type buffers struct{ pool sync.Pool }

// Get takes a buffer.
func (b *buffers) Get() []byte {
	if buffer, ok := b.pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, 32<<10)
}

// Put gives it back.
func (b *buffers) Put(buffer []byte) { b.pool.Put(&buffer) }

// runProxy is the reverse proxy's process. Its argument is the backend's address.
func runProxy(ctx context.Context, args []string, _ <-chan []byte) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: newProxy(&url.URL{Scheme: "http", Host: args[0]})}
	context.AfterFunc(ctx, func() { server.Close() })
	fmt.Println("SOAP ready at", listener.Addr())
	return until(ctx, server.Serve(listener))
}
