// Package ntlm writes and reads the three messages of NTLM authentication as a client (MS-NLMP).
//
// It promises:
//
//   - The response is NTLMv2 with a message integrity code, never LM and never NTLMv1, whatever the server asks for.
//   - What the server sends is checked against bounds before it is used.
//   - The target name and the channel bindings are part of what the password signs, so that the response is worth nothing
//     to another server or on another TLS session.
//   - No name of this computer is told, unless it is asked for: some servers answer a foreign one with 401.
//
// It offers no session security (signing and sealing), which TLS makes needless, and keeps no state: the caller sends the
// messages over one connection, in order.
//
// It is written by hand since the maintained library for Go, github.com/Azure/go-ntlmssp, sends neither an integrity code
// nor channel bindings, which servers with Extended Protection demand.
package ntlm
