// Package lease ends calls that nobody cares about any more.
//
// It promises that a call with a lease is hung up when its lease has run out, also if the gateway was restarted meanwhile,
// and that a hang-up which fails is tried again until the call is known to have ended. A lease is on the disk, or in the
// shared server, before its grant returns. A call is never hung up early: before it is, the lease is read again, since
// another gateway may have renewed it.
package lease
