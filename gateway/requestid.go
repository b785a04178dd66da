package gateway

import (
	"crypto/rand"
	"encoding/hex"
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
	var buffer [48]byte // 16 bytes, and their digits
	rand.Read(buffer[:16])
	hex.Encode(buffer[16:], buffer[:16])
	return string(buffer[16:])
}

func printable(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxRequestIDBytes
}
