package gateway

import (
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

// requestError is a mistake in a request. Its text is meant for the caller.
type requestError struct {
	reason     string // REQUEST_INVALID unless it is set
	violations []*errdetails.BadRequest_FieldViolation
	text       string // instead of the violations, where no field is at fault
}

func invalidField(field, description string) *requestError {
	e := &requestError{}
	e.add(field, description)
	return e
}

func invalidRequest(text string) *requestError { return &requestError{text: text} }

func (e *requestError) add(field, description string) {
	e.violations = append(e.violations, &errdetails.BadRequest_FieldViolation{Field: field, Description: description})
}

// Error names each field and what is wrong with it.
func (e *requestError) Error() string {
	if len(e.violations) == 0 {
		return e.text
	}
	parts := make([]string, 0, len(e.violations))
	for _, v := range e.violations {
		parts = append(parts, strings.TrimPrefix(v.GetField()+": "+v.GetDescription(), ": "))
	}
	return strings.Join(parts, "; ")
}
