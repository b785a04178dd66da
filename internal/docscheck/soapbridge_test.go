package docscheck

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	_ "github.com/umgateway/umgateway/gen/soapbridge/v1" // registers the options
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

const soapbridgePage = "docs/soapbridge.md"

// textsOf returns the blocks of a language of a page.
func textsOf(t *testing.T, page, language string) []string {
	t.Helper()
	var texts []string
	for _, b := range read(t, page) {
		if b.language == language {
			texts = append(texts, strings.Join(b.lines, "\n")+"\n")
		}
	}
	if len(texts) == 0 {
		t.Fatalf("%s has no block of %s", page, language)
	}
	return texts
}

// TestSchemaOfAnotherServiceWorks compiles the schema of the page, and has the bridge serve it.
func TestSchemaOfAnotherServiceWorks(t *testing.T) {
	t.Parallel()
	service := compile(t, textsOf(t, soapbridgePage, "proto")[0])
	const reply = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
		`<d:FindPartResponse xmlns:d="urn:example:depot"><d:Stock>42</d:Stock></d:FindPartResponse></s:Body></s:Envelope>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(body), `Number="7-A"`) || r.Header.Get("SOAPAction") != `"urn:example:depot/FindPart"` {
			t.Errorf("the request is %q with the action %s, %v", body, r.Header.Get("SOAPAction"), err)
		}
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		io.WriteString(w, reply)
	}))
	defer server.Close()
	client, err := transport.New(transport.Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	bridge, err := soapbridge.New(soapbridge.Dialect{
		Name:  "depot",
		Forms: []soapbridge.Form{{Name: "only", Namespaces: map[string]string{"d": "urn:example:depot"}}},
	}, client, []protoreflect.ServiceDescriptor{service})
	if err != nil {
		t.Fatal(err)
	}
	findPart := service.Methods().ByName("FindPart")
	request := dynamicpb.NewMessage(findPart.Input())
	request.Set(findPart.Input().Fields().ByName("number"), protoreflect.ValueOfString("7-A"))
	response, err := bridge.Invoke(t.Context(), findPart, request)
	if err != nil {
		t.Fatal(err)
	}
	if stock := response.ProtoReflect().Get(findPart.Output().Fields().ByName("stock")).Int(); stock != 42 {
		t.Errorf("the stock is %d, want 42", stock)
	}
}

// compile compiles a schema that imports only what is registered. The options become those of the generated code.
func compile(t *testing.T, text string) protoreflect.ServiceDescriptor {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: protocompile.CompositeResolver{
		&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(map[string]string{"depot.proto": text})},
		protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
			file, err := protoregistry.GlobalFiles.FindFileByPath(path)
			return protocompile.SearchResult{Desc: file}, err
		}),
	}}
	files, err := compiler.Compile(context.Background(), "depot.proto")
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := proto.Marshal(protodesc.ToFileDescriptorProto(files[0]))
	if err != nil {
		t.Fatal(err)
	}
	file := protodesc.ToFileDescriptorProto(files[0])
	file.Reset()
	if err := proto.Unmarshal(encoded, file); err != nil {
		t.Fatal(err)
	}
	linked, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return linked.Services().Get(0)
}

// imported is what the Go code of the page uses.
const imported = `package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

func main() { fmt.Println(newBridge, stockOf) }

`

func TestCodeForAnotherServiceCompiles(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	source := filepath.Join(directory, "main.go")
	if err := os.WriteFile(source, []byte(imported+strings.Join(textsOf(t, soapbridgePage, "go"), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(directory, "main"), source)
	build.Dir = root // for its go.mod
	if output, err := build.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", soapbridgePage, err, output)
	}
}
