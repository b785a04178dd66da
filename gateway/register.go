package gateway

import (
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
	streams    bool                         // its responses
	rules      *plainRules                  // of the input; nil if it has others
	requestID  protoreflect.FieldDescriptor // of the input; nil if it has none
	dials      bool                         // the input may hold what is to be dialled
	lines      lines                        // of the log
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
			fields := descriptor.Input().Fields()
			methods[full] = &method{
				descriptor: descriptor, full: full, input: input, streams: descriptor.IsStreamingServer(),
				rules: plainRulesOf(descriptor.Input()), requestID: fields.ByName("request_id"), dials: fields.ByName("dial_string") != nil,
			}
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
			serve := g.handleUnary
			if m.streams {
				serve = g.handleStream
			}
			// A unary rpc is a stream of one message each way, which is how gRPC itself serves those that are declared as such.
			description.Streams = append(description.Streams, grpc.StreamDesc{
				StreamName: string(m.descriptor.Name()), ServerStreams: m.streams,
				Handler: func(_ any, stream grpc.ServerStream) error { return serve(stream, m) },
			})
		}
		server.RegisterService(&description, g)
	}
}
