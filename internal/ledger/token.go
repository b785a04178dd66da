package ledger

import "crypto/rand"

// newToken draws a token. rand.Read never fails (Go 1.24).
func newToken() (t Token) {
	rand.Read(t[:])
	return t
}

// newVersion draws a version. Versions are drawn and not counted, so that a write that is repeated, or arrives late, can
// be told from everybody else's.
func newVersion() (v Version) {
	rand.Read(v[:])
	return v
}
