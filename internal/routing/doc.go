// Package routing chooses the backend of a call, by who calls, by a header that came with the call, and by the rpc; and it
// remembers which backend minted the id of a call.
//
// It promises that the choice depends on nothing but the rules, the call and the order in which the rules stand; that a header,
// which every caller can write, leads nobody to a backend that the rule does not open to that caller; and that a call whose
// header no rule understands is refused, not sent where it was not meant to go. All mistakes in the rules are reported
// together, before any call is routed.
package routing
