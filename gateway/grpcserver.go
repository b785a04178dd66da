package gateway

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
)

const (
	// pingInterval is how often a caller may ask at most whether the connection is alive; one who asks more is cut off.
	pingInterval = 10 * time.Second
	// ageGrace is how long calls may go on when their connection is of age.
	ageGrace = 2 * time.Minute
	// idleAge is how long a connection without a call is kept.
	idleAge = 15 * time.Minute
	// handshakeTimeout bounds how long a connection may take to be set up.
	handshakeTimeout = 10 * time.Second
	// streamWorkers is how many goroutines are kept to serve calls: as many as there are connections to a backend by
	// default. The stack of one that is kept has grown already to what a call needs, which spares a seventh of a call's
	// processor time. Further calls are served by goroutines of their own.
	streamWorkers = 128
)

// newGRPC builds the gRPC server, with health and reflection.
func (g *Gateway) newGRPC() {
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxRecvMsgSize(g.config.MaxRequestBytes),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.MaxConcurrentStreams(uint32(min(g.config.MaxStreams, 1<<31))),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.InTapHandle(keepMetadata),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle: idleAge, MaxConnectionAge: g.config.MaxConnectionAge, MaxConnectionAgeGrace: ageGrace,
		}),
		grpc.StreamInterceptor(g.guardReflection),
		grpc.UnknownServiceHandler(g.refuseMethod),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingInterval, PermitWithoutStream: true}),
	}
	if g.config.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(g.config.TLS("h2"))))
	}
	g.grpc = grpc.NewServer(options...)
	g.register(g.grpc)
	healthv1.RegisterHealthServer(g.grpc, g.health)
	g.SetServing(true)
	reflection.Register(g.grpc)
}
