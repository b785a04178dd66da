// Package vectors holds golden requests, replies and faults of the Exchange Unified Messaging web service, and of the
// telephone operations of Exchange Web Services, for tests.
//
// They were written by hand from the published documents of the service and from what ASP.NET and WCF servers are known to
// answer; none was printed by the code that it tests. The request and the reply of Disconnect are those of the published
// documentation, to the byte.
//
// There is one directory for each rpc and dialect, umws/<rpc> and ews/<rpc>, with these files. VARIANT is left out for the
// ordinary case; a message that a variant lacks is the ordinary one. A request of ews, which knows http only, is
// request.VARIANT.xml.
//
//	request.VARIANT.https.xml   a request as it is to be sent, in the https form of the namespaces
//	request.VARIANT.http.xml    the same in the http form
//	request.VARIANT.json        the message that it stands for
//	reply.VARIANT.xml           a reply as a server may send it
//	reply.VARIANT.json          the message that it must become
//	fault.VARIANT.xml           a fault as a server may send it
//	fault.VARIANT.json          what must be read from it, see Want
package vectors

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed umws ews
var files embed.FS

// The messages namespace in the two forms that are in use.
const (
	NamespaceHTTPS = "https://schemas.microsoft.com/exchange/services/2006/messages"
	NamespaceHTTP  = "http://schemas.microsoft.com/exchange/services/2006/messages"
)

// Operation holds the vectors of one operation.
type Operation struct {
	Name     string
	Requests []Request
	Replies  []Reply
	Faults   []Fault
}

// Request is a message and the envelopes that it is to be sent as.
type Request struct {
	Variant string // empty for the ordinary request
	HTTPS   []byte
	HTTP    []byte
	Message []byte // in the JSON form of protobuf
}

// Reply is an envelope and the message that it must become.
type Reply struct {
	Variant  string // empty for the ordinary reply
	Envelope []byte
	Message  []byte // in the JSON form of protobuf
}

// Fault is an envelope with a fault and what must be read from it.
type Fault struct {
	Variant  string
	Envelope []byte
	Want     Want
}

// Want is what must be read from a fault.
type Want struct {
	Names         []string `json:"names"`         // the most specific first
	Message       string   `json:"message"`       // fit to be shown to callers
	HasDetail     bool     `json:"hasDetail"`     // the detail holds something
	NotDispatched bool     `json:"notDispatched"` // the operation certainly did not run
	BackOff       string   `json:"backOff"`       // a time.Duration; empty if the server did not ask for one
}

// Load reads all vectors of a dialect, "umws" or "ews", in the order of the rpcs' names.
func Load(dialect string) ([]Operation, error) {
	directories, err := fs.ReadDir(files, dialect)
	if err != nil {
		return nil, fmt.Errorf("vectors: %w", err)
	}
	operations := make([]Operation, 0, len(directories))
	for _, directory := range directories {
		operation, err := load(dialect, directory.Name())
		if err != nil {
			return nil, fmt.Errorf("vectors: %s: %w", directory.Name(), err)
		}
		operations = append(operations, operation)
	}
	return operations, nil
}

func load(dialect, name string) (Operation, error) {
	operation := Operation{Name: name}
	directory := path.Join(dialect, name)
	entries, err := fs.ReadDir(files, directory)
	if err != nil {
		return operation, err
	}
	for _, entry := range entries {
		stem, isXML := strings.CutSuffix(entry.Name(), ".xml")
		if !isXML || strings.HasSuffix(stem, ".http") {
			continue
		}
		kind, variant, _ := strings.Cut(stem, ".")
		if err := operation.add(directory, kind, variant); err != nil {
			return operation, err
		}
	}
	return operation, nil
}

// add reads the files of one vector.
func (o *Operation) add(directory, kind, variant string) error {
	var err error
	switch kind {
	case "request":
		r := Request{Variant: strings.TrimSuffix(strings.TrimSuffix(variant, "https"), ".")}
		if variant == r.Variant { // of a dialect with one form
			if r.HTTP, err = read(directory, kind, variant, "xml"); err != nil {
				return err
			}
			r.Message, err = read(directory, kind, variant, "json")
			o.Requests = append(o.Requests, r)
			return err
		}
		if r.HTTPS, err = read(directory, kind, r.Variant, "https.xml"); err != nil {
			return err
		}
		if r.HTTP, err = read(directory, kind, r.Variant, "http.xml"); err != nil {
			return err
		}
		r.Message, err = read(directory, kind, r.Variant, "json")
		o.Requests = append(o.Requests, r)
	case "reply":
		r := Reply{Variant: variant}
		if r.Envelope, err = read(directory, kind, variant, "xml"); err != nil {
			return err
		}
		if r.Message, err = read(directory, kind, variant, "json"); err != nil {
			r.Message, err = read(directory, kind, "", "json")
		}
		o.Replies = append(o.Replies, r)
	case "fault":
		f := Fault{Variant: variant}
		if f.Envelope, err = read(directory, kind, variant, "xml"); err != nil {
			return err
		}
		f.Want, err = readWant(directory, variant)
		o.Faults = append(o.Faults, f)
	default:
		return fmt.Errorf("a file of the unknown kind %q", kind)
	}
	return err
}

func read(directory, kind, variant, extension string) ([]byte, error) {
	name := kind
	if variant != "" {
		name += "." + variant
	}
	return files.ReadFile(path.Join(directory, name+"."+extension))
}

func readWant(directory, variant string) (want Want, err error) {
	raw, err := read(directory, "fault", variant, "json")
	if err != nil {
		return want, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&want); err != nil {
		return want, fmt.Errorf("fault %s: %w", variant, err)
	}
	return want, nil
}
