package gateway

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
)

// requestIDHeader carries the id of a request, in and out.
const requestIDHeader = "x-request-id"

const maxRequestIDBytes = 128

// identify gives a call an id, the caller's own if that is printable, and sends it back. The HTTP side has done so already for
// REST.
func (g *Gateway) identify(call *Call) {
	call.Backend = g.config.Backend
	if call.RequestID == "" {
		var sent string
		if values := call.Metadata(requestIDHeader); len(values) > 0 {
			sent = values[0]
		}
		call.RequestID = requestID(sent)
		call.SetHeader(requestIDHeader, call.RequestID)
	}
}

// requestID returns the id that was sent, or a new one if none was or if it must not be repeated in logs and headers.
func requestID(sent string) string {
	if printable(sent) {
		return sent
	}
	supply := supplies.Get().(*supply)
	defer supplies.Put(supply)
	return supply.id()
}

// supplies are shared by all calls. A supply is used by one at a time.
var supplies = sync.Pool{New: func() any { return new(supply) }}

const idBytes = 16

// supply is random bytes for the ids of several requests. Asking the system for those of each takes longer than all else that an
// id needs.
type supply struct {
	bytes [32 * idBytes]byte
	left  int // of them
}

// id makes an id of bytes that nobody has had.
func (s *supply) id() string {
	if s.left == 0 {
		rand.Read(s.bytes[:])
		s.left = len(s.bytes)
	}
	var digits [2 * idBytes]byte
	hex.Encode(digits[:], s.bytes[s.left-idBytes:s.left])
	s.left -= idBytes
	return string(digits[:])
}

func printable(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxRequestIDBytes
}
