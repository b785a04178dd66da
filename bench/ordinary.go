package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// ordinary is a gateway as one would write it in an afternoon with the usual libraries and their defaults: grpc-go, the
// generated grpc-gateway code before it, encoding/xml and net/http behind it.
type ordinary struct {
	umv1.UnimplementedCallServiceServer
	soap soapClient
}

// Disconnect ends a call.
func (o *ordinary) Disconnect(ctx context.Context, request *umv1.DisconnectRequest) (*umv1.DisconnectResponse, error) {
	if err := o.soap.disconnect(ctx, request.GetCallId()); err != nil {
		return nil, err
	}
	return &umv1.DisconnectResponse{}, nil
}

// newOrdinary builds the gRPC server, with the deadline, the request id and the access log that the gateway has as well.
func newOrdinary(backend string, log *slog.Logger) *grpc.Server {
	server := grpc.NewServer(grpc.UnaryInterceptor(
		func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			start := time.Now()
			ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
			defer cancel()
			id := rand.Text()
			if err := grpc.SetHeader(ctx, metadata.Pairs("x-request-id", id)); err != nil {
				return nil, err
			}
			response, err := handle(ctx, request)
			log.InfoContext(ctx, "call", "rpc", info.FullMethod, "request_id", id, "duration", time.Since(start), "code", status.Code(err))
			return response, err
		}))
	umv1.RegisterCallServiceServer(server, &ordinary{soap: soapClient{url: "http://" + backend + servicePath}})
	return server
}

// newOrdinaryREST builds the REST front, which calls the gRPC server over a connection.
func newOrdinaryREST(ctx context.Context, grpcAddress string) (http.Handler, error) {
	mux := runtime.NewServeMux(runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved))
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	return mux, umv1.RegisterCallServiceHandlerFromEndpoint(ctx, mux, grpcAddress, options)
}

// runOrdinary is the ordinary gateway's process. Its argument is the backend's address.
func runOrdinary(ctx context.Context, args []string, _ <-chan []byte) error {
	grpcListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	httpListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	rpc := newOrdinary(args[0], slog.New(slog.NewTextHandler(os.Stderr, nil)))
	mux, err := newOrdinaryREST(ctx, grpcListener.Addr().String())
	if err != nil {
		return err
	}
	rest := &http.Server{Handler: mux}
	context.AfterFunc(ctx, rpc.Stop)
	context.AfterFunc(ctx, func() { rest.Close() })
	fmt.Println("gRPC ready at", grpcListener.Addr())
	fmt.Println("REST ready at", httpListener.Addr())
	var group errgroup.Group
	group.Go(func() error { return rpc.Serve(grpcListener) })
	group.Go(func() error { return rest.Serve(httpListener) })
	return until(ctx, group.Wait())
}
