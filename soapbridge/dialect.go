package soapbridge

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Dialect describes one kind of legacy server, as far as the schema's annotations leave it open.
type Dialect struct {
	// Name is the name that the annotations use. Required.
	Name string
	// Forms are the ways in which servers of this dialect write its namespaces, in the order in which they are tried
	// until a server has accepted one. At least one. Replies are read in any of them.
	Forms []Form
	// Probe is a method that only reads and takes no arguments. It is used to find out which form a server accepts when
	// the server's own words do not tell. Optional.
	Probe protoreflect.FullName
	// Renames replaces local names of elements and attributes in requests, for servers that spell one differently.
	Renames map[string]string
}

// Form is one way to write a dialect's namespaces.
type Form struct {
	// Name is what settings and logs call the form, for instance "https".
	Name string
	// Namespaces maps each prefix of the annotations to its namespace. All forms of a dialect have the same prefixes.
	Namespaces map[string]string
}

func (d Dialect) validate() error {
	if d.Name == "" {
		return errors.New("a dialect needs a name")
	}
	if len(d.Forms) == 0 {
		return fmt.Errorf("dialect %q needs at least one namespace form", d.Name)
	}
	want := d.prefixes()
	for _, form := range d.Forms {
		if got := slices.Sorted(maps.Keys(form.Namespaces)); !slices.Equal(got, want) {
			return fmt.Errorf("dialect %q: form %q has the prefixes %q, form %q has %q",
				d.Name, d.Forms[0].Name, want, form.Name, got)
		}
		for _, prefix := range want {
			if !isNCName(prefix) || form.Namespaces[prefix] == "" {
				return fmt.Errorf("dialect %q: form %q: prefix %q needs a name and a namespace", d.Name, form.Name, prefix)
			}
		}
	}
	return nil
}

// prefixes lists the dialect's prefixes in a fixed order.
func (d Dialect) prefixes() []string { return slices.Sorted(maps.Keys(d.Forms[0].Namespaces)) }

// The namespaces of SOAP 1.1 section 3, SOAP 1.2 part 1 section 5 and XML Schema part 1 section 2.6.
const (
	namespaceSOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
	namespaceSOAP12 = "http://www.w3.org/2003/05/soap-envelope"
	namespaceXSI    = "http://www.w3.org/2001/XMLSchema-instance"
)

// knownNamespaces lists every namespace that the bridge recognises in a reply. The URIs that the forms give to one prefix
// share an id.
func (d Dialect) knownNamespaces() []knownNamespace {
	known := []knownNamespace{
		{namespaceSOAP11, spaceSOAP11}, {namespaceSOAP12, spaceSOAP12}, {namespaceXSI, spaceXSI},
	}
	for i, prefix := range d.prefixes() {
		for _, form := range d.Forms {
			known = append(known, knownNamespace{form.Namespaces[prefix], spaceDialect + namespaceID(i)})
		}
	}
	return known
}

// space finds the id of a prefix of the annotations.
func (d Dialect) space(prefix string) (namespaceID, bool) {
	if prefix == "" {
		return spaceNone, true
	}
	i := slices.Index(d.prefixes(), prefix)
	return spaceDialect + namespaceID(i), i >= 0
}
