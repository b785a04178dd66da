package apidocs

import (
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// descriptorPages is the schema as a google.protobuf.FileDescriptorSet, which grpcurl, buf and others read: every file after
// those that it imports.
func descriptorPages() (map[string]http.Handler, error) {
	return map[string]http.Handler{"GET /descriptors.binpb": built("application/protobuf", descriptors)}, nil
}

func descriptors() ([]byte, error) {
	set, known := &descriptorpb.FileDescriptorSet{}, map[string]bool{}
	for _, file := range []protoreflect.FileDescriptor{
		errdetails.File_google_rpc_error_details_proto, // of errors
		umv1.File_um_v1_call_service_proto, umv1.File_um_v1_mailbox_service_proto, umv1.File_um_v1_errors_proto,
	} {
		appendFile(set, known, file)
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(set)
}

func appendFile(set *descriptorpb.FileDescriptorSet, known map[string]bool, file protoreflect.FileDescriptor) {
	if known[file.Path()] {
		return
	}
	known[file.Path()] = true
	for i := range file.Imports().Len() {
		appendFile(set, known, file.Imports().Get(i).FileDescriptor)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
}
