// Package challenge reads the WWW-Authenticate and Proxy-Authenticate fields of a reply.
//
// It promises to find every challenge, however many stand in one field and however many fields there are, to never take a
// parameter of one challenge for another's, and to bound what a server can make it keep. It keeps to RFC 9110 sections 11.3
// to 11.6 and decides nothing: which challenge to answer is for the caller to say.
package challenge
