// Package http1 answers plain requests of HTTP/1.1 at less cost than net/http, and leaves all others to it.
//
// It stands between a listener and an http.Server. A request that is plain is read with one read, served by an http.Handler in
// the goroutine of its connection, and answered with one write. Plain is what a strict reader of a small subset of RFC 9112
// takes: the request is in the buffer as a whole, its method, target and fields are of the usual characters, it has one Host and
// at most one Content-Length, and nothing that asks for more, such as Transfer-Encoding, Expect or Upgrade. At the first request
// that is not, the connection goes to the http.Server for good, with every byte that was read in front of it. So net/http is
// the judge of everything unusual, and no request can be understood here in another way than there: whatever this reader takes,
// net/http reads as the same request, which a fuzz test holds it to.
//
// What net/http does for each request beside that has its price: a goroutine that watches the connection, deadlines, contexts,
// buffers for bodies of any length. Here a client that leaves is looked for only once a call takes long, and deadlines are set
// when they are needed. bench/README.md has the figures.
//
// It promises what net/http does: limits of time, the end of a request's context when its client leaves or its handler returns,
// a connection that ends with its handler's panic, and a shutdown that lets calls in flight finish. It serves unencrypted
// connections that have a descriptor, on Unix; all others go to the http.Server at once.
package http1
