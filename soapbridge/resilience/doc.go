// Package resilience stands between the bridge and the endpoints of one backend, and keeps calls useful when an endpoint
// dies, drowns or asks for quiet.
//
// It promises:
//
//   - A request goes to a second endpoint only after a proof that not one byte of it has left for the first. Whatever else
//     may be repeated is for the bridge to decide.
//   - Nothing is sent that no caller asked for, unless a probe is configured. What is known about an endpoint was learned
//     from the callers' own requests.
//   - An endpoint that fails is left alone for a while, and then tried with one request. Nobody has to restart anything.
//   - Of the time that a caller has left, at most half is spent in line: what is sent still has the other half to connect,
//     to authenticate and to be answered in. A back-off of a second or more is never waited out, but answered at once with
//     nothing sent.
//   - When there is more to do than an endpoint can take, status polls are given up before anything else.
//
// SOAP faults are answers, also with HTTP 500: they never count against an endpoint. Nor do refused credentials,
// throttling, or callers who go away.
package resilience
