package soapbridge

import (
	"fmt"
	"strings"
)

// step is one name in a path: an element or, as the last step, an attribute.
type step struct {
	prefix, local string // prefix "" stands for "in no namespace"
	attribute     bool
}

// PathError says where a path of the annotations is wrong.
type PathError struct {
	Path   string
	Offset int // bytes from the beginning of Path
	Reason string
}

// Error names the path, the position and the reason.
func (e *PathError) Error() string {
	return fmt.Sprintf("path %q, byte %d: %s", e.Path, e.Offset, e.Reason)
}

// parsePath reads the path language of soapbridge.v1.Place:
//
//	path    = "." / steps
//	steps   = element *( "/" element ) [ "/" "@" name ] / "@" name
//	element = name
//	name    = [ NCName ":" ] NCName        ; Namespaces in XML 1.0, restricted to ASCII
//
// The path "." has no steps.
func parsePath(path string) ([]step, error) {
	if path == "." {
		return nil, nil
	}
	var steps []step
	offset := 0
	for part := range strings.SplitSeq(path, "/") {
		if len(steps) > 0 && steps[len(steps)-1].attribute {
			return nil, &PathError{path, offset, "an attribute must be the last step"}
		}
		s, err := parseStep(part)
		if err != "" {
			return nil, &PathError{path, offset, err}
		}
		steps = append(steps, s)
		offset += len(part) + 1
	}
	return steps, nil
}

// parseElementName reads a single element name, such as the request element of an operation.
func parseElementName(name string) (step, error) {
	steps, err := parsePath(name)
	if err != nil {
		return step{}, err
	}
	if len(steps) != 1 || steps[0].attribute {
		return step{}, &PathError{name, 0, "want the name of one element"}
	}
	return steps[0], nil
}

func parseStep(text string) (s step, reason string) {
	text, s.attribute = strings.CutPrefix(text, "@")
	prefix, local, prefixed := strings.Cut(text, ":")
	if !prefixed {
		prefix, local = "", text
	} else if !isNCName(prefix) {
		return s, "the prefix is not a name"
	}
	if !isNCName(local) {
		return s, "the step is not a name"
	}
	s.prefix, s.local = prefix, local
	return s, ""
}

func isNCName(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '-' || r == '.')) {
			return false
		}
	}
	return name != ""
}
