// Package exchange describes Exchange servers to the bridge: the dialects that they speak, and the services that the
// gateway maps to them. It holds data, no behaviour.
package exchange

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
)

// The names of the dialects, as the schema's annotations use them.
const (
	// UMWS is the Unified Messaging web service of Exchange 2007 and 2010 (MS-OXWUMS).
	UMWS = "umws"
	// EWS is Exchange Web Services of Exchange 2010 and later, which has three of the operations.
	EWS = "ews"
)

// The forms of the messages namespace. The published documentation of some operations writes it with https, the
// specification's WSDL and real servers with http.
const (
	NamespaceHTTPS = "https://schemas.microsoft.com/exchange/services/2006/messages"
	NamespaceHTTP  = "http://schemas.microsoft.com/exchange/services/2006/messages"
)

// NamespaceAuto is the setting that has the bridge find out which form of the namespace the backend knows.
const NamespaceAuto = "auto"

// Spelling is a choice between two spellings of an element in the published documentation.
type Spelling string

// The spellings of the folder id's element in SetTelephoneAccessFolderEmail.
const (
	FolderIDUpper Spelling = "base64FolderID" // the published request sample; the default
	FolderIDLower Spelling = "base64FolderId" // the published pages about the element
)

// DialectUMWS describes the Unified Messaging web service.
func DialectUMWS(folderID Spelling) (soapbridge.Dialect, error) {
	d := soapbridge.Dialect{
		Name: UMWS,
		Forms: []soapbridge.Form{
			{Name: "https", Namespaces: map[string]string{"m": NamespaceHTTPS}},
			{Name: "http", Namespaces: map[string]string{"m": NamespaceHTTP}},
		},
		Probe: "um.v1.MailboxService.IsUMEnabled",
	}
	switch folderID {
	case FolderIDUpper, "":
	case FolderIDLower:
		d.Renames = map[string]string{string(FolderIDUpper): string(FolderIDLower)}
	default:
		return d, fmt.Errorf("exchange: the folder id's element is %q, want %s or %s", folderID, FolderIDUpper, FolderIDLower)
	}
	return d, nil
}

// Services lists the services that the bridge is built for.
func Services() []protoreflect.ServiceDescriptor {
	return []protoreflect.ServiceDescriptor{
		umv1.File_um_v1_call_service_proto.Services().ByName("CallService"),
		umv1.File_um_v1_mailbox_service_proto.Services().ByName("MailboxService"),
	}
}

// NamespaceOptions turns the namespace setting, auto, http or https, into options of the bridge.
func NamespaceOptions(setting string) ([]soapbridge.Option, error) {
	switch setting {
	case NamespaceAuto, "":
		return nil, nil
	case "http", "https":
		return []soapbridge.Option{soapbridge.WithForm(setting)}, nil
	}
	return nil, fmt.Errorf("exchange: the namespace is %q, want auto, http or https", setting)
}

// Method finds an rpc of the services; nil if there is none of that name.
func Method(name protoreflect.FullName) protoreflect.MethodDescriptor {
	for _, service := range Services() {
		if service.FullName() == name.Parent() {
			return service.Methods().ByName(name.Name())
		}
	}
	return nil
}

// NewRequest makes an empty request of an rpc of the services.
func NewRequest(method protoreflect.MethodDescriptor) proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
	if err != nil {
		return dynamicpb.NewMessage(method.Input())
	}
	return kind.New().Interface()
}
