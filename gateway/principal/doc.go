// Package principal says who makes a call.
//
// It promises that a Principal that is not anonymous was made by gateway/authn, after it had looked at the caller's
// credentials: the constructors want a seal that no package outside gateway/ can import, so that an identity can never be
// taken from a header that nobody has checked. Where a Principal stands in a context, an authentication interceptor has put
// it there.
//
// The zero Principal is anonymous and has no rights.
package principal
