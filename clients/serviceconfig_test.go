package clients_test

import (
	"encoding/json"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/umgateway/umgateway/clients"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// policies returns, for each rpc that the service config names, whether it is repeated.
func policies(t *testing.T) map[string]bool {
	t.Helper()
	var config struct {
		MethodConfig []struct {
			Name        []struct{ Service, Method string }
			RetryPolicy *struct{ RetryableStatusCodes []string }
		}
	}
	if err := json.Unmarshal([]byte(clients.ServiceConfig), &config); err != nil {
		t.Fatal(err)
	}
	repeated := map[string]bool{}
	for _, method := range config.MethodConfig {
		if policy := method.RetryPolicy; policy != nil && (len(policy.RetryableStatusCodes) != 1 || policy.RetryableStatusCodes[0] != "UNAVAILABLE") {
			t.Errorf("repeats after %q, want UNAVAILABLE only", policy.RetryableStatusCodes)
		}
		for _, name := range method.Name {
			if name.Service == "" || name.Method == "" {
				t.Errorf("%+v names more than one rpc", name)
			}
			repeated[name.Service+"/"+name.Method] = method.RetryPolicy != nil
		}
	}
	return repeated
}

func TestServiceConfigRepeatsWhatTheSchemaAllows(t *testing.T) {
	t.Parallel()
	repeated := policies(t)
	rpcs := 0
	for _, file := range []protoreflect.FileDescriptor{umv1.File_um_v1_call_service_proto, umv1.File_um_v1_mailbox_service_proto} {
		service := file.Services().Get(0)
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			name := string(service.FullName()) + "/" + string(method.Name())
			options, _ := method.Options().(*descriptorpb.MethodOptions)
			want := options.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
			if got, named := repeated[name]; !named || got != want {
				t.Errorf("%s: repeated %t, named %t, want repeated %t and named", name, got, named, want)
			}
			rpcs++
		}
	}
	if rpcs != len(repeated) {
		t.Errorf("the config names %d rpcs, the schema has %d", len(repeated), rpcs)
	}
}

func TestGRPCTakesTheServiceConfig(t *testing.T) {
	t.Parallel()
	conn, err := grpc.NewClient("passthrough:///127.0.0.1:1",
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(clients.ServiceConfig))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}
