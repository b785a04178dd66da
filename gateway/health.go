package gateway

import (
	"context"

	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// healthServer is gRPC's health service, whose watches end when the gateway drains: they would keep it from stopping.
type healthServer struct {
	*health.Server
	draining context.Context
}

// Watch reports changes until the caller leaves or the gateway drains, which it reports last.
func (h *healthServer) Watch(request *healthv1.HealthCheckRequest, stream healthv1.Health_WatchServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	watch := make(chan error, 1)
	go func() { watch <- h.Server.Watch(request, watchStream{stream, ctx}) }()
	select {
	case err := <-watch:
		return err
	case <-h.draining.Done():
		cancel()
		<-watch
		return stream.Send(&healthv1.HealthCheckResponse{Status: healthv1.HealthCheckResponse_NOT_SERVING})
	}
}

type watchStream struct {
	healthv1.Health_WatchServer
	ctx context.Context
}

func (s watchStream) Context() context.Context { return s.ctx }

// SetServing tells callers, by the health of each service, whether it makes sense to call. The health of the process, which
// has the empty name, is not touched: a backend that is down is no reason to restart the gateway. After draining has begun
// it has no effect.
func (g *Gateway) SetServing(serving bool) {
	state := healthv1.HealthCheckResponse_NOT_SERVING
	if serving {
		state = healthv1.HealthCheckResponse_SERVING
	}
	for _, service := range services() {
		g.health.SetServingStatus(string(service.FullName()), state)
	}
}

// Accepting tells whether the gateway takes new calls: Serve has begun, and draining has not.
func (g *Gateway) Accepting() bool { return g.serving.Load() && g.draining.Err() == nil }

// Started tells whether Serve has begun. It stays so to the end.
func (g *Gateway) Started() bool { return g.serving.Load() }
