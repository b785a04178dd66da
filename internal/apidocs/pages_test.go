package apidocs_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/umgateway/umgateway/docs"
	"github.com/umgateway/umgateway/gen/openapi"
	"github.com/umgateway/umgateway/internal/apidocs"
	"github.com/umgateway/umgateway/internal/exchange"
)

// site serves the pages alone.
func site(t *testing.T) http.Handler {
	t.Helper()
	pages, err := apidocs.Pages(docs.Reasons)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for pattern, page := range pages {
		mux.Handle(pattern, page)
	}
	return mux
}

func get(t *testing.T, site http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	reply := httptest.NewRecorder()
	site.ServeHTTP(reply, request)
	return reply
}

// foreign finds whatever a page of HTML would load or lead to elsewhere, and scripts and styles within it.
var foreign = regexp.MustCompile(`(?i)(src|href)="(https?:)?//|<script>|<style|\son[a-z]+=|style=`)

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	s := site(t)
	for _, path := range []string{"/docs/", "/docs/reasons/", "/docs/reasons/OUTCOME_UNKNOWN"} {
		reply := get(t, s, path)
		if reply.Code != http.StatusOK || reply.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s answers %d %s", path, reply.Code, reply.Header().Get("Content-Type"))
		}
		if found := foreign.FindString(reply.Body.String()); found != "" {
			t.Errorf("%s holds %q", path, found)
		}
		policy := reply.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q lacks %q", path, policy, want)
			}
		}
		for _, link := range regexp.MustCompile(`(?:src|href)="([^":]+)"`).FindAllStringSubmatch(reply.Body.String(), -1) {
			target := httptest.NewRequest(http.MethodGet, path, nil).URL.ResolveReference(mustParse(t, link[1]))
			if reply := get(t, s, target.Path); reply.Code != http.StatusOK {
				t.Errorf("%s leads to %s, which answers %d", path, target.Path, reply.Code)
			}
		}
	}
}

func TestEveryReasonHasAPage(t *testing.T) {
	t.Parallel()
	s := site(t)
	names := regexp.MustCompile(`(?m)^### ([A-Z_]+)$`).FindAllStringSubmatch(docs.Reasons, -1)
	if len(names) < 50 {
		t.Fatalf("only %d reasons", len(names))
	}
	list := get(t, s, "/docs/reasons/").Body.String()
	for _, name := range names {
		reply := get(t, s, "/docs/reasons/"+name[1])
		if text := reply.Body.String(); reply.Code != http.StatusOK || !strings.Contains(text, "<strong>Fix:</strong>") || !strings.Contains(text, "<strong>Who acts:</strong>") {
			t.Errorf("%s: %d %s", name[1], reply.Code, text)
		}
		if !strings.Contains(list, `href="`+name[1]+`"`) {
			t.Errorf("%s is not on the list", name[1])
		}
	}
	if reply := get(t, s, "/docs/reasons/NO_SUCH_REASON"); reply.Code != http.StatusNotFound {
		t.Errorf("a reason that there is not answers %d", reply.Code)
	}
}

func TestReasonsThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# Reasons\n", "### ALONE\n\ntext\n"} {
		if _, err := apidocs.Pages(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestBothFormsOfTheDocumentSayTheSame(t *testing.T) {
	t.Parallel()
	s := site(t)
	var fromJSON, fromYAML any
	if err := json.Unmarshal(get(t, s, "/openapi.json").Body.Bytes(), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(get(t, s, "/openapi.yaml").Body.Bytes(), &fromYAML); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(again, &fromYAML); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromJSON, fromYAML) {
		t.Error("the documents differ")
	}
	if string(openapi.Document) != get(t, s, "/openapi.json").Body.String() {
		t.Error("the document is not that of gen/")
	}
}

func TestDescriptorsAreWhole(t *testing.T) {
	t.Parallel()
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(get(t, site(t), "/descriptors.binpb").Body.Bytes(), set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range exchange.Services() {
		found, err := files.FindDescriptorByName(service.FullName())
		if err != nil {
			t.Error(err)
			continue
		}
		if got, want := found.(protoreflect.ServiceDescriptor).Methods().Len(), service.Methods().Len(); got != want {
			t.Errorf("%s has %d rpcs, want %d", service.FullName(), got, want)
		}
	}
	for _, name := range []protoreflect.FullName{"google.rpc.ErrorInfo", "um.v1.SoapFault"} {
		if _, err := files.FindDescriptorByName(name); err != nil {
			t.Error(err)
		}
	}
}

func TestFilesAreSentCompressedToWhoeverTakesThat(t *testing.T) {
	t.Parallel()
	s := site(t)
	for _, path := range []string{"/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"} {
		plain, small := get(t, s, path), get(t, s, path, "Accept-Encoding", "gzip, br")
		if small.Header().Get("Content-Encoding") != "gzip" || small.Body.Len() >= plain.Body.Len() {
			t.Errorf("%s is sent as %q in %d bytes, plain in %d", path, small.Header().Get("Content-Encoding"), small.Body.Len(), plain.Body.Len())
		}
		reader, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(reader); err != nil || string(data) != plain.Body.String() {
			t.Errorf("%s: the two forms differ: %v", path, err)
		}
		if strings.Contains(plain.Body.String(), "cdn.jsdelivr") || plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %v", path, plain.Header())
		}
	}
}
