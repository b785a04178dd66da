package transport

import (
	"fmt"
	"slices"
	"strings"
)

// Scheme is a way to authenticate at a backend.
type Scheme string

// The schemes. Negotiate has two, since both Kerberos and raw NTLM messages travel in it (RFC 4559, MS-NTHT).
const (
	SchemeBasic         Scheme = "basic"          // RFC 7617, with every request
	SchemeNTLM          Scheme = "ntlm"           // NTLM under its own name, once for each connection
	SchemeNegotiateNTLM Scheme = "negotiate-ntlm" // NTLM messages under the name Negotiate, once for each connection
	SchemeKerberos      Scheme = "kerberos"       // a SPNEGO token with every request, until the server shows that one is enough
)

var schemes = []Scheme{SchemeBasic, SchemeNTLM, SchemeNegotiateNTLM, SchemeKerberos}

func (s Scheme) known() bool { return slices.Contains(schemes, s) }

// field is the name that the scheme goes by in HTTP.
func (s Scheme) field() string {
	switch s {
	case SchemeBasic:
		return "Basic"
	case SchemeNTLM:
		return "NTLM"
	}
	return "Negotiate"
}

type unknownScheme struct{ name string }

func (e *unknownScheme) Error() string {
	return fmt.Sprintf("unknown authentication %q, want none, basic, ntlm, kerberos, negotiate, or some of them with commas", e.name)
}

// ParseAuth reads a setting such as "negotiate" or "kerberos,basic" as a list of schemes, the preferred first. "ntlm" is
// NTLM under either of its names, "negotiate" is Kerberos and then NTLM under either, "none" is the empty list.
func ParseAuth(setting string) ([]Scheme, error) {
	if setting == "none" {
		return nil, nil
	}
	var list []Scheme
	for part := range strings.SplitSeq(setting, ",") {
		var found []Scheme
		switch name := strings.ToLower(strings.TrimSpace(part)); name {
		case "ntlm":
			found = []Scheme{SchemeNTLM, SchemeNegotiateNTLM}
		case "negotiate":
			found = []Scheme{SchemeKerberos, SchemeNegotiateNTLM, SchemeNTLM}
		case "basic", "kerberos", "negotiate-ntlm":
			found = []Scheme{Scheme(name)}
		default:
			return nil, fmt.Errorf("transport: %w", &unknownScheme{part})
		}
		for _, scheme := range found {
			if !slices.Contains(list, scheme) {
				list = append(list, scheme)
			}
		}
	}
	return list, nil
}
