// Package authn finds out who calls the gateway.
//
// It promises:
//
//   - A caller without a credential is anonymous, and a caller with a wrong one is refused, whatever the rpc.
//   - A JSON Web Token is believed only if an algorithm on the allow list signed it, with a key that its issuer publishes
//     now, for an audience of ours, within its time. "none" and symmetric algorithms are never on the list.
//   - A client certificate is checked with each call, so that a connection does not outlive its certificate or its
//     authority's place among the client CAs.
//   - A user name and a password (Basic) are passed on to the backend, and go nowhere else.
//   - An issuer that is down delays the check of tokens, not the start of the gateway; keys fetched before stay in use.
//   - Whatever callers send, an issuer is asked at most once in some seconds.
//
// It knows neither front: both show it Credentials and go on with the context that Identify returns.
package authn
