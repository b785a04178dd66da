// Package seal holds the proof that a caller was authenticated.
//
// It promises that whoever holds a genuine Seal was compiled into the gateway: the compiler lets only packages below
// gateway/ import this one, and a test of gateway/principal lets only gateway/authn and the principal packages do so.
package seal

// Seal is the permission to make a principal. Its zero value is worthless.
type Seal struct{ genuine bool }

// New returns a genuine Seal.
func New() Seal { return Seal{genuine: true} }

// Genuine reports whether New made the seal.
func (s Seal) Genuine() bool { return s.genuine }
