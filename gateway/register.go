package gateway

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// services lists what the gateway serves.
func services() []protoreflect.ServiceDescriptor {
	return []protoreflect.ServiceDescriptor{
		umv1.File_um_v1_call_service_proto.Services().ByName("CallService"),
		umv1.File_um_v1_mailbox_service_proto.Services().ByName("MailboxService"),
	}
}

// method is an rpc that the gateway serves.
type method struct {
	descriptor protoreflect.MethodDescriptor
	full       string
	input      protoreflect.MessageType
	rules      *plainRules // of the input; nil if it has others
}

// methodsOf lists the rpcs of the services by their full method names.
func methodsOf(services []protoreflect.ServiceDescriptor) (map[string]*method, error) {
	methods := map[string]*method{}
	for _, service := range services {
		for i := range service.Methods().Len() {
			descriptor := service.Methods().Get(i)
			input, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.Input().FullName())
			if err != nil {
				return nil, fmt.Errorf("find the input of %s: %w", descriptor.FullName(), err)
			}
			full := fmt.Sprintf("/%s/%s", service.FullName(), descriptor.Name())
			methods[full] = &method{descriptor: descriptor, full: full, input: input, rules: plainRulesOf(descriptor.Input())}
		}
	}
	return methods, nil
}

// register makes the gRPC server serve the services with one generic handler.
func (g *Gateway) register(server *grpc.Server) {
	for _, service := range services() {
		description := grpc.ServiceDesc{
			ServiceName: string(service.FullName()), HandlerType: (*any)(nil), Metadata: service.ParentFile().Path(),
		}
		for i := range service.Methods().Len() {
			m := g.methods[fmt.Sprintf("/%s/%s", service.FullName(), service.Methods().Get(i).Name())]
			if m.descriptor.IsStreamingServer() {
				description.Streams = append(description.Streams, grpc.StreamDesc{
					StreamName: string(m.descriptor.Name()), ServerStreams: true,
					Handler: func(_ any, stream grpc.ServerStream) error { return g.handleStream(stream, m) },
				})
				continue
			}
			description.Methods = append(description.Methods, grpc.MethodDesc{
				MethodName: string(m.descriptor.Name()),
				Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
					return g.handleUnary(ctx, m, decode)
				},
			})
		}
		server.RegisterService(&description, g)
	}
}
