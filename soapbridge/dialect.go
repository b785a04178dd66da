package soapbridge

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	// Header stands in the SOAP header of every request. Optional.
	Header []HeaderElement
	// Status says how a response element reports failure by itself. Nil: only faults do.
	Status *ResponseStatus
}

// Form is one way to write a dialect's namespaces.
type Form struct {
	// Name is what settings and logs call the form, for instance "https".
	Name string
	// Namespaces maps each prefix of the annotations to its namespace. All forms of a dialect have the same prefixes.
	Namespaces map[string]string
}

// validate reports every mistake in the dialect.
func (d Dialect) validate() error {
	if d.Name == "" {
		return errors.New("a dialect needs a name")
	}
	if len(d.Forms) == 0 {
		return fmt.Errorf("dialect %q needs at least one namespace form", d.Name)
	}
	var errs []error
	names, owners := map[string]bool{}, map[string]string{}
	for _, form := range d.Forms {
		if form.Name == "" || names[form.Name] {
			errs = append(errs, fmt.Errorf("dialect %q: each namespace form needs a name of its own, not %q", d.Name, form.Name))
		}
		names[form.Name] = true
		errs = append(errs, d.validateForm(form, owners)...)
	}
	for from, to := range d.Renames {
		if !isNCName(from) || !isNCName(to) {
			errs = append(errs, fmt.Errorf("dialect %q: %q cannot be renamed to %q: both must be names of elements", d.Name, from, to))
		}
	}
	if errors.Join(errs...) == nil {
		errs = append(errs, d.validateHeader(), d.Status.validate(d.Name))
	}
	return errors.Join(errs...)
}

// validateForm checks one form. The map owners notes which prefix each namespace belongs to, in all forms together: a
// reply is matched by its namespaces, so one that stood for two prefixes would be matched by chance.
func (d Dialect) validateForm(form Form, owners map[string]string) (errs []error) {
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("dialect %q: form %q: %w", d.Name, form.Name, fmt.Errorf(format, args...)))
	}
	got, want := slices.Sorted(maps.Keys(form.Namespaces)), d.prefixes()
	if !slices.Equal(got, want) {
		fail("it has the prefixes %q, form %q has %q", got, d.Forms[0].Name, want)
	}
	for _, prefix := range got {
		namespace := form.Namespaces[prefix]
		owner, taken := owners[namespace]
		switch {
		case !isNCName(prefix) || strings.HasPrefix(strings.ToLower(prefix), "xml"):
			fail("%q cannot be a prefix", prefix)
		case namespace == "" || namespace == namespaceSOAP11 || namespace == namespaceSOAP12:
			fail("prefix %q cannot stand for the namespace %q", prefix, namespace)
		case taken && owner != prefix:
			fail("prefix %q stands for the same namespace as %q", prefix, owner)
		}
		owners[namespace] = prefix
	}
	return errs
}

// prefixes lists the dialect's prefixes in a fixed order.
func (d Dialect) prefixes() []string { return slices.Sorted(maps.Keys(d.Forms[0].Namespaces)) }

// The namespaces of SOAP 1.1 section 3, SOAP 1.2 part 1 section 5, XML Schema part 1 section 2.6 and XOP section 2.1.
const (
	namespaceSOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
	namespaceSOAP12 = "http://www.w3.org/2003/05/soap-envelope"
	namespaceXSI    = "http://www.w3.org/2001/XMLSchema-instance"
	namespaceXOP    = "http://www.w3.org/2004/08/xop/include"
)

// knownNamespaces lists every namespace that the bridge recognises in a reply. The URIs that the forms give to one prefix
// share an id.
func (d Dialect) knownNamespaces() []knownNamespace {
	known := []knownNamespace{
		{namespaceSOAP11, spaceSOAP11}, {namespaceSOAP12, spaceSOAP12}, {namespaceXSI, spaceXSI},
		{namespaceXOP, spaceXOP},
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
