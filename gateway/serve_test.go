package gateway_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
)

func TestHealthAndReflectionAreServed(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{Invoker: enabled})
	for _, service := range []string{"", "um.v1.CallService", "um.v1.MailboxService"} {
		reply, err := healthv1.NewHealthClient(s.grpc).Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if err != nil || reply.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("the health of %q is %v, %v", service, reply.GetStatus(), err)
		}
	}
	stream, err := reflectionv1.NewServerReflectionClient(s.grpc).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}
	if err := stream.Send(list); err != nil {
		t.Fatal(err)
	}
	reply, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range reply.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	for _, want := range []string{"um.v1.CallService", "um.v1.MailboxService", "grpc.health.v1.Health"} {
		if !slices.Contains(names, want) {
			t.Errorf("reflection lists %q, want %s among them", names, want)
		}
	}
}

func TestDrainingLetsCallsFinish(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		started, finish := make(chan struct{}), make(chan struct{})
		s := newStand(t, gateway.Config{Invoker: invoker(func(ctx context.Context, m protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
			close(started)
			<-finish
			return enabled(ctx, m, in)
		})})
		watch, err := healthv1.NewHealthClient(s.grpc).Watch(t.Context(), &healthv1.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		wantHealth(t, watch, healthv1.HealthCheckResponse_SERVING)
		answer := make(chan outcome, 1)
		go func() {
			got, _ := f.ask(context.WithoutCancel(t.Context()), t, s, isUMEnabled)
			answer <- got
		}()
		<-started
		s.stop()
		wantHealth(t, watch, healthv1.HealthCheckResponse_NOT_SERVING)
		close(finish)
		if got := <-answer; got.code != codes.OK {
			t.Errorf("the call in flight was answered with %v %s", got.code, got.message)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		if err := <-s.stopped; err != nil {
			t.Error(err)
		}
	})
}

func wantHealth(t *testing.T, watch healthv1.Health_WatchClient, want healthv1.HealthCheckResponse_ServingStatus) {
	t.Helper()
	for {
		reply, err := watch.Recv()
		if err != nil {
			t.Fatalf("the watch ended before it said %v: %v", want, err)
		}
		if reply.GetStatus() == want {
			return
		}
	}
}

func TestDrainingEndsCallsThatTakeTooLong(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		started := make(chan struct{})
		s := newStand(t, gateway.Config{
			DrainTimeout: time.Millisecond,
			Invoker: invoker(func(ctx context.Context, _ protoreflect.MethodDescriptor, _ proto.Message) (proto.Message, error) {
				close(started)
				<-ctx.Done()
				return nil, ctx.Err()
			}),
		})
		go func() {
			<-started
			s.stop()
		}()
		if f.name == "gRPC" {
			if err := s.grpc.Invoke(t.Context(), "/um.v1.MailboxService/IsUMEnabled", isUMEnabled.request, proto.Clone(isUMEnabled.response)); err == nil {
				t.Error("the call was answered")
			}
		} else if reply, err := http.Get(s.url + isUMEnabled.path); err == nil {
			reply.Body.Close()
			t.Error("the request was answered")
		}
		if err := <-s.stopped; err == nil || !strings.Contains(err.Error(), "still in flight") {
			t.Errorf("Serve returned %v", err)
		}
	})
}

func TestNewRefusesImpossibleSettings(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]gateway.Config{
		"no invoker":             {},
		"negative timeout":       {Invoker: enabled, DefaultTimeout: -1},
		"maximum below default":  {Invoker: enabled, DefaultTimeout: 2 * time.Minute},
		"negative request limit": {Invoker: enabled, MaxRequestBytes: -1},
		"origin with a path":     {Invoker: enabled, AllowedOrigins: []string{"https://example.com/console"}},
	} {
		if _, err := gateway.New(config); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
