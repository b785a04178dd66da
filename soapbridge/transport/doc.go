// Package transport carries requests to a legacy SOAP server over connections that it owns.
//
// It promises:
//
//   - One call of RoundTrip sends its request at most once. Nothing is repeated behind the caller's back.
//   - An Error proves how much of the request has left: a caller may repeat what says NothingSent, whatever the operation.
//   - A connection serves one identity. It is never handed to another.
//   - Whatever the server does, a call ends with its context, and takes no more memory than the limits say.
//
// It speaks HTTP/1.1 only, writes a request in one piece with Content-Length, never chunked and never with
// "Expect: 100-continue", follows no redirect and asks no proxy. The goroutine of the caller writes and reads by itself.
package transport
