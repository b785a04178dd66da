package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// reason is a reason of errors as its page describes it.
type reason struct {
	name     string
	statuses []string // of HTTP
}

var (
	section = regexp.MustCompile(`(?m)^### ([A-Z_]+)\n\n(.*)$`)
	status  = regexp.MustCompile(`[A-Z_]+, (\d{3})`)
	named   = regexp.MustCompile(`(?s)Reasons: (.*?)\.`)
)

// readReasons reads the page of reasons, in its order.
func readReasons(path string) ([]reason, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var reasons []reason
	for _, found := range section.FindAllStringSubmatch(string(text), -1) {
		r := reason{name: found[1]}
		for _, code := range status.FindAllStringSubmatch(found[2], -1) {
			r.statuses = append(r.statuses, code[1])
		}
		if len(r.statuses) == 0 {
			return nil, fmt.Errorf("%s: the section for %s does not begin with its status", path, r.name)
		}
		reasons = append(reasons, r)
	}
	return reasons, nil
}

// reasonsNamed lists the reasons that the description of an operation names.
func reasonsNamed(operation object) []string {
	description, _ := operation["description"].(string)
	found := named.FindStringSubmatch(description)
	if found == nil {
		return nil
	}
	return strings.Fields(strings.ReplaceAll(found[1], ",", " "))
}

// neverOnRoute are reasons that no request to a route gets.
var neverOnRoute = []string{"ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED", "PROTOCOL_UNSUPPORTED"}

// applies tells whether an operation can have an error of the reason: those that the schema names for some operations are
// for them alone, a few are for requests of a kind, and all others are for every operation.
func (b *builder) applies(name string, o operation) bool {
	switch {
	case slices.Contains(neverOnRoute, name):
		return false
	case slices.Contains(o.named, name), name == "USER_NOT_UM_ENABLED":
		return true
	case b.special[name]:
		return false
	}
	switch name {
	case "BODY_TOO_LARGE":
		return o.hasBody
	case "LEDGER_UNAVAILABLE":
		return o.properties["requestId"] != nil
	case "LEASE_UNSUPPORTED", "LEASE_UNAVAILABLE":
		return o.properties["lease"] != nil || o.id == "CallService_RenewLease"
	case "DIAL_FORBIDDEN":
		return o.properties["dialString"] != nil
	case "AUDIT_UNAVAILABLE":
		return o.hasBody
	}
	return true
}
