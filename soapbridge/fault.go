package soapbridge

import (
	"strings"
	"time"
)

// Fault is a SOAP fault as the backend wrote it: SOAP 1.1 section 4.4, SOAP 1.2 part 1 section 5.4, and the details that
// Exchange adds. Names are local parts: prefixes are dropped, since servers write them without declaring them.
type Fault struct {
	// Codes holds the fault code and its subcodes, the outermost first, for instance "Client" or "Sender". A code that
	// SOAP 1.1 refines with a dot, "Client.Authentication", is two of them.
	Codes []string
	// ExceptionType is the exception named in the detail (Exchange Unified Messaging); empty if there is none.
	ExceptionType string
	// ResponseCode is the code named in the detail (Exchange Web Services); empty if there is none.
	ResponseCode string
	// Text is the fault's human-readable text, whole: often a class name, a message and a stack trace. For the log only.
	Text string
	// BackOff is how long the backend asked to be left alone; 0 if it did not say.
	BackOff time.Duration
	// HasDetail tells whether the fault has a detail with anything in it.
	HasDetail bool
}

// Error names the fault, without its text beyond the first line.
func (f *Fault) Error() string {
	text := "soap fault"
	if names := f.Names(); len(names) > 0 {
		text += " " + names[0]
	}
	if line := f.Message(); line != "" {
		text += ": " + line
	}
	return text
}

// Names returns the names that the fault goes by, the most specific first: the response code, the exception's type, then
// the codes from the innermost to the outermost. A table of known faults is to be asked in this order.
func (f *Fault) Names() []string {
	names := make([]string, 0, len(f.Codes)+2)
	for _, name := range [...]string{f.ResponseCode, f.ExceptionType} {
		if name != "" {
			names = append(names, name)
		}
	}
	for i := len(f.Codes) - 1; i >= 0; i-- {
		names = append(names, f.Codes[i])
	}
	return names
}

// Message returns the first line of the text, without the class name of an exception before it and without a stack trace
// on the same line, at most 200 bytes. Where ASP.NET chains exceptions with an arrow, it is the message of the innermost
// on that line.
func (f *Fault) Message() string {
	line := strings.TrimSpace(f.Text)
	if end := strings.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	line, _, _ = strings.Cut(line, "   at ")
	if arrow := strings.LastIndex(line, "---> "); arrow >= 0 {
		line = line[arrow+len("---> "):]
	}
	line = strings.TrimSpace(stripClassName(strings.TrimSpace(line)))
	if cut := 200; len(line) > cut {
		line = strings.ToValidUTF8(line[:cut], "")
	}
	return line
}

// OutermostCode returns the fault code itself, for instance "Client"; empty if the fault has none.
func (f *Fault) OutermostCode() string {
	if len(f.Codes) == 0 {
		return ""
	}
	return f.Codes[0]
}

// stripClassName drops one "Name.Space.SomeException: " prefix, which ASP.NET writes before an exception's message.
func stripClassName(text string) string {
	name, rest, found := strings.Cut(text+" ", ": ") // the message may be empty
	if !found || name == "" {
		return text
	}
	for _, r := range name {
		if r != '.' && r != '_' && r != '+' && r != '`' && !isNameChar(r) {
			return text
		}
	}
	if !strings.Contains(name, ".") && !strings.HasSuffix(name, "Exception") {
		return text
	}
	return rest
}

func isNameChar(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// notDispatched tells whether the fault says that the operation certainly did not run because the server did not
// recognise it. ASP.NET: a Client fault with an empty detail and one of two texts, at the beginning or after a class
// name. WCF: the subcode ActionNotSupported. The SOAP processing model: VersionMismatch and MustUnderstand are raised
// before dispatch (SOAP 1.1 section 4.4.1).
func (f *Fault) notDispatched() bool {
	for _, code := range f.Codes {
		switch code {
		case "ActionNotSupported", "VersionMismatch", "MustUnderstand":
			return true
		}
	}
	if !f.blamesRequest() || f.HasDetail {
		return false
	}
	text := stripClassName(strings.TrimSpace(f.Text))
	return strings.HasPrefix(text, "Server did not recognize the value of HTTP Header") ||
		strings.HasPrefix(text, "Unable to handle request without a valid action parameter")
}

// maybeNotDispatched tells whether the fault looks like "not dispatched" in a language that the bridge does not read: a
// Client fault with an empty detail that names nothing.
func (f *Fault) maybeNotDispatched() bool {
	return len(f.Codes) == 1 && f.blamesRequest() && !f.HasDetail
}

// blamesRequest tells whether the fault says that the request was at fault: Client in SOAP 1.1, Sender in SOAP 1.2.
func (f *Fault) blamesRequest() bool {
	code := f.OutermostCode()
	return code == "Client" || code == "Sender"
}
