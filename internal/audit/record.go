package audit

import "time"

// The events.
const (
	// EventCall: a call that changes state has ended.
	EventCall = "call"
	// EventBegin: the first line of a file.
	EventBegin = "begin"
	// EventEnd: the last line of a file. The log goes on in the next one.
	EventEnd = "end"
	// EventOpen: another process goes on with the file.
	EventOpen = "open"
	// EventRecovered: there were traces of a crash, or a file was removed, as Record.Note describes.
	EventRecovered = "recovered"
)

// Record is one line of the log. Callers of Append fill in what they know; sensitive values must be hashed before.
type Record struct {
	// Seq counts the lines of the log from 1. Append sets it.
	Seq uint64 `json:"seq"`
	// Time is when the line was written, in UTC. Append sets it.
	Time time.Time `json:"time"`
	// Event is one of the Event constants. Append sets EventCall if it is empty.
	Event string `json:"event"`
	// Caller is who called.
	Caller *Caller `json:"caller,omitempty"`
	// Peer is the caller's network address.
	Peer string `json:"peer,omitempty"`
	// Protocol is the way in which the call arrived, "grpc", "rest", "connect" or "grpc-web".
	Protocol string `json:"protocol,omitempty"`
	// RPC is the full name of the rpc, "/um.v1.CallService/Disconnect".
	RPC string `json:"rpc,omitempty"`
	// Backend is the name of the backend.
	Backend string `json:"backend,omitempty"`
	// Identity is the account or mailbox for which the backend was asked.
	Identity string `json:"identity,omitempty"`
	// RequestID identifies the call in other logs.
	RequestID string `json:"request_id,omitempty"`
	// Fields are the fields of the request, with keyed hashes in place of sensitive values.
	Fields map[string]string `json:"fields,omitempty"`
	// Outcome is how the call ended.
	Outcome *Outcome `json:"outcome,omitempty"`
	// Note describes events that are no calls.
	Note string `json:"note,omitempty"`
}

// Caller is who called.
type Caller struct {
	// Kind is the kind of credential: "none", "basic", "mtls" or "jwt".
	Kind string `json:"kind"`
	// Name is the caller's name; empty for anonymous callers.
	Name string `json:"name,omitempty"`
	// Issuer is the issuer of the caller's token.
	Issuer string `json:"issuer,omitempty"`
	// Verified is false if nobody but the backend can check the credential.
	Verified bool `json:"verified"`
}

// Outcome is how a call ended.
type Outcome struct {
	// Code is the name of the gRPC status code, "OK" or for instance "UNKNOWN".
	Code string `json:"code"`
	// Reason is the reason of the error, for instance "OUTCOME_UNKNOWN".
	Reason string `json:"reason,omitempty"`
	// Milliseconds is how long the call took.
	Milliseconds int64 `json:"ms"`
}
