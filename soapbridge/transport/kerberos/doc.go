// Package kerberos makes the tokens with which a client proves its identity to an HTTP service by Kerberos: SPNEGO
// (RFC 4178) around the Kerberos mechanism of GSS-API (RFC 4121), bound to the TLS channel where there is one.
//
// It promises:
//
//   - No token is ever made twice, whoever asks for it and however many ask at the same time.
//   - A credential is shown to one key distribution centre, once for each login, however many calls need it. A rejected
//     one is not shown again for a while, unless it has changed.
//   - An error says whose fault it is: the credential's, the service name's, or that nobody could be asked.
//   - A call ends with its context. Whatever a key distribution centre answers takes a bounded amount of memory and time.
//
// The formats of messages and the cryptography are gokrb5's. The conversation is not: gokrb5's client shows a wrong
// password twice, binds no channel, follows no context, and its reader of krb5.conf panics on valid files. It is spoken
// over TCP only, since over UDP a lost reply would make the sender show its credential again.
package kerberos
