// Package lease ends calls that nobody cares about any more.
//
// It promises that a call with a lease is hung up when its lease has run out, also if the gateway was restarted meanwhile, or
// another one that shares the store was. A hang-up that fails is tried again, for an hour, until the call is known to have
// ended. A lease is on the disk, or in the shared server, before its grant returns.
//
// A call is never hung up early. Time is told by the store's clock, which all gateways share, and a lease that has run out is
// claimed in the store first: whoever has renewed it before keeps the call, and whoever comes later is told that it is gone.
// Calls are known by their keys, which name the backend that placed them: see Key.
//
// While the store cannot be reached nobody knows who cares, so that calls go on until it is back; only the longest duration of
// a call needs no store to be kept to. Who is there, and cares, when a gateway is killed has a third of the lease's time less
// to come back, at most: signs are written down as often as that.
package lease
