package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// explain tells the user why a command failed, and what to do next.
func (env *environment) explain(err error) {
	s := statusIn(err)
	switch {
	case env.ctx.Err() != nil && !errors.As(err, new(repeatable)):
		fmt.Fprintln(env.stderr, "umctl: interrupted")
	case s == nil:
		fmt.Fprintf(env.stderr, "umctl: %s\n", printable(err.Error()))
	case env.flags.Output == "json":
		env.explainJSON(s, env.advise(s, err))
	default:
		env.explainText(s, err)
	}
}

// explainJSON writes {"error": google.rpc.Status, "advice": "…"}.
func (env *environment) explainJSON(s *status.Status, advice []string) {
	plain, err := protojson.Marshal(s.Proto())
	if err != nil { // a detail whose type is not known here
		plain, err = protojson.Marshal(status.New(s.Code(), s.Message()).Proto())
	}
	if err == nil {
		plain, err = json.Marshal(struct {
			Error  json.RawMessage `json:"error"`
			Advice string          `json:"advice"`
		}{plain, strings.Join(advice, " ")})
	}
	if err == nil {
		err = writeJSON(env.stderr, plain, "")
	}
	if err != nil {
		env.explainText(s, err)
	}
}

func (env *environment) explainText(s *status.Status, err error) {
	text := s.Message()
	if before, _, wrapped := strings.Cut(err.Error(), "rpc error: "); wrapped {
		text = before + text
	}
	fmt.Fprintf(env.stderr, "umctl: %s\n", printable(cmp.Or(text, s.Code().String())))
	for _, fact := range facts(s) {
		fmt.Fprintf(env.stderr, "  %-9s %s\n", fact.name, line(fact.value))
	}
	for _, advice := range env.advise(s, err) {
		fmt.Fprintf(env.stderr, "%s\n", printable(advice))
	}
}

// facts is what the details of a status say.
func facts(s *status.Status) []row {
	rows := []row{{"status:", codeName(s.Code())}}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			rows[0].value = detail.GetReason() + " (" + rows[0].value + ")"
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				rows = append(rows, row{"field:", violation.GetField() + ": " + violation.GetDescription()})
			}
		case *errdetails.RetryInfo:
			rows = append(rows, row{"again in:", detail.GetRetryDelay().AsDuration().Round(time.Millisecond).String()})
		case *umv1.SoapFault:
			name := cmp.Or(detail.GetResponseCode(), detail.GetExceptionType(), detail.GetFaultCode())
			rows = append(rows, row{"Exchange:", name + ": " + detail.GetFaultString()})
		case *errdetails.RequestInfo:
			rows = append(rows, row{"log id:", detail.GetRequestId()})
		}
	}
	return rows
}

// codeName is the name of a code as the specification of gRPC writes it.
func codeName(code codes.Code) string {
	if code == codes.Canceled {
		return "CANCELLED"
	}
	var b strings.Builder
	previousLower := false
	for _, r := range code.String() {
		upper := r >= 'A' && r <= 'Z'
		if upper && previousLower {
			b.WriteByte('_')
		}
		b.WriteRune(r)
		previousLower = !upper
	}
	return strings.ToUpper(b.String())
}

// reasonOf is the reason of the gateway; empty if somebody else made the status.
func reasonOf(s *status.Status) string {
	for _, detail := range s.Details() {
		if info, is := detail.(*errdetails.ErrorInfo); is && info.GetDomain() == "umgateway" {
			return info.GetReason()
		}
	}
	return ""
}
