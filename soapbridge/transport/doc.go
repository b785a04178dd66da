// Package transport carries requests to a legacy SOAP server over connections that it owns, and proves to the server whose
// requests they are.
//
// It promises:
//
//   - One call of RoundTrip has its request executed at most once. The request is sent again only after a reply of status
//     401, which proves that it was not executed; nothing else is repeated behind the caller's back.
//   - An Error proves how much of the request has left: a caller may repeat what says NothingSent, whatever the operation.
//   - A connection serves one identity, with one secret. It is never handed to another, and no cookie is either.
//   - A credential that is rejected is shown once, however many calls use it, until it changes or a back-off ends: a gateway
//     must not lock accounts.
//   - Whatever the server does, a call ends at its deadline, and within 20 ms after it was cancelled, and takes no more memory
//     than the limits say.
//
// It speaks HTTP/1.1 only, writes a request in one piece with Content-Length, never chunked and never with
// "Expect: 100-continue", follows no redirect and asks no proxy. The goroutine of the caller writes and reads by itself.
//
// The path of a request: client.go finds the session of its identity (session.go) and a connection (pool.go, endpoint.go).
// exchange.go sends on it what the authenticator (ntlmauth.go, kerberosauth.go) prepares, and what a 401 then means is
// decided in negotiation.go. guard.go is asked before a credential is shown. conn.go writes, head.go and reply.go read;
// watchdog.go ends what lasts longer than its context.
package transport
