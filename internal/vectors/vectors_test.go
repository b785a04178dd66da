package vectors_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	soapbridgev1 "github.com/umgateway/umgateway/gen/soapbridge/v1"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/vectors"
	"github.com/umgateway/umgateway/internal/xmltree"
)

var dialects = []string{"umws", "ews"}

// methods returns every rpc that has an operation in the dialect, by its name.
func methods(t *testing.T, dialect string) map[string]protoreflect.MethodDescriptor {
	t.Helper()
	found := map[string]protoreflect.MethodDescriptor{}
	for _, file := range []protoreflect.FileDescriptor{umv1.File_um_v1_call_service_proto, umv1.File_um_v1_mailbox_service_proto} {
		for i := range file.Services().Len() {
			list := file.Services().Get(i).Methods()
			for j := range list.Len() {
				operations, _ := proto.GetExtension(list.Get(j).Options(), soapbridgev1.E_Operation).([]*soapbridgev1.Operation)
				for _, operation := range operations {
					if operation.GetDialect() == dialect {
						found[string(list.Get(j).Name())] = list.Get(j)
					}
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("the schema has no rpc")
	}
	return found
}

func load(t *testing.T, dialect string) map[string]vectors.Operation {
	t.Helper()
	operations, err := vectors.Load(dialect)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]vectors.Operation{}
	for _, operation := range operations {
		byName[operation.Name] = operation
	}
	return byName
}

// TestEveryRPCHasItsVectors fails when an rpc is added without a golden request, reply and fault.
func TestEveryRPCHasItsVectors(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		operations, methods := load(t, dialect), methods(t, dialect)
		for name := range methods {
			operation := operations[name]
			if !slices.ContainsFunc(operation.Requests, func(r vectors.Request) bool { return r.Variant == "" }) {
				t.Errorf("%s/%s lacks a request", dialect, name)
			}
			if len(operation.Replies) == 0 {
				t.Errorf("%s/%s lacks reply.xml", dialect, name)
			}
			if len(operation.Faults) == 0 {
				t.Errorf("%s/%s lacks a fault", dialect, name)
			}
		}
		for name := range operations {
			if methods[name] == nil {
				t.Errorf("%s/%s belongs to no rpc", dialect, name)
			}
		}
	}
}

// TestOperationsWithResultsHaveBothWrappings: results may stand in one element or in two of the same name.
func TestOperationsWithResultsHaveBothWrappings(t *testing.T) {
	t.Parallel()
	operations := load(t, "umws")
	for name, method := range methods(t, "umws") {
		if method.Output().Fields().Len() == 0 {
			continue
		}
		wrapped := map[bool]bool{}
		for _, reply := range operations[name].Replies {
			root, err := xmltree.Parse(reply.Envelope)
			if err != nil {
				t.Fatal(err)
			}
			wrapped[root.Find("Body", name+"Response", name+"Response") != nil] = true
		}
		if !wrapped[true] || !wrapped[false] {
			t.Errorf("umws/%s: want a reply with one wrapper and a reply with two", name)
		}
	}
}

func TestFilesCanBeRead(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		methods := methods(t, dialect)
		for name, operation := range load(t, dialect) {
			if methods[name] == nil {
				continue // reported by TestEveryRPCHasItsVectors
			}
			name, input, output := dialect+"/"+name, methods[name].Input(), methods[name].Output()
			for _, request := range operation.Requests {
				checkMessage(t, name, input, request.Message)
				if dialect == "umws" {
					checkXML(t, name, request.HTTPS)
				}
				checkXML(t, name, request.HTTP)
			}
			for _, reply := range operation.Replies {
				checkMessage(t, name, output, reply.Message)
				checkXML(t, name, reply.Envelope)
			}
			for _, fault := range operation.Faults {
				checkXML(t, name, fault.Envelope)
			}
		}
	}
}

func checkMessage(t *testing.T, name string, message protoreflect.MessageDescriptor, text []byte) {
	t.Helper()
	var m proto.Message = dynamicpb.NewMessage(message)
	if err := protojson.Unmarshal(text, m); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func checkXML(t *testing.T, name string, document []byte) {
	t.Helper()
	if _, err := xmltree.Parse(document); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// TestFormsDifferInTheNamespaceOnly: the two forms of a request are the same document but for one URI.
func TestFormsDifferInTheNamespaceOnly(t *testing.T) {
	t.Parallel()
	for name, operation := range load(t, "umws") {
		for _, request := range operation.Requests {
			https := strings.ReplaceAll(string(request.HTTPS), vectors.NamespaceHTTPS, vectors.NamespaceHTTP)
			if https != string(request.HTTP) || https == string(request.HTTPS) {
				t.Errorf("umws/%s: request %q differs in more than the namespace, or not at all", name, request.Variant)
			}
		}
	}
}
