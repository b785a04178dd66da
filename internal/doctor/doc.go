// Package doctor finds out why an Exchange server does not answer, and says what to do about it.
//
// It promises to change nothing: it sends operations that only read, and shows a credential once. Each finding has a verdict,
// and one that is not good has a fix.
package doctor
