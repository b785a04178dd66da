package transport

import (
	"crypto/x509"
	"sync/atomic"
	"time"
)

// Stats are the figures of a Client. Those in the first group are of this moment, the others count since it was made.
type Stats struct {
	Open     int // connections that exist or are being made
	Idle     int // connections that wait for a request
	Waiting  int // calls that wait for a connection
	Sessions int // identities that were in use lately

	Connects   uint64 // connections made
	Requests   uint64 // requests sent in full or in part, legs of an authentication not included
	Handshakes uint64 // authentications of a connection by NTLM that were begun
	Rejections uint64 // credentials that the backend rejected
	Forgotten  uint64 // connections whose authentication the backend forgot

	// ServerCertificateEnds is when the first of the certificates ends that the backend showed last; zero if it showed none.
	ServerCertificateEnds time.Time
	// ClientCertificateEnds is when the client certificate in use ends; zero without one.
	ClientCertificateEnds time.Time
}

type counters struct {
	connects, requests, handshakes, rejections, forgotten atomic.Uint64

	serverEnds atomic.Int64 // Unix time; 0 if it is not known
}

// shown notes the certificates of the backend.
func (c *counters) shown(certificates []*x509.Certificate) {
	var first int64
	for _, certificate := range certificates {
		if ends := certificate.NotAfter.Unix(); first == 0 || ends < first {
			first = ends
		}
	}
	c.serverEnds.Store(first)
}

// Stats returns the figures of now.
func (c *Client) Stats() Stats {
	count := &c.endpoint.count
	s := Stats{
		Connects: count.connects.Load(), Requests: count.requests.Load(), Handshakes: count.handshakes.Load(),
		Rejections: count.rejections.Load(), Forgotten: count.forgotten.Load(),
	}
	if ends := count.serverEnds.Load(); ends != 0 {
		s.ServerCertificateEnds = time.Unix(ends, 0)
	}
	if c.endpoint.tls != nil {
		s.ClientCertificateEnds = c.endpoint.tls.clientEnds()
	}
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	s.Open, s.Idle, s.Waiting, s.Sessions = c.pool.open, len(c.pool.idle), len(c.pool.waiters), len(c.pool.sessions)
	return s
}
