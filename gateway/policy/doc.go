// Package policy decides who may call which rpc, for which mailbox, and dial which numbers.
//
// It promises:
//
//   - What no rule allows is denied.
//   - What a rule denies is denied, whatever other rules allow and in whatever order they stand.
//   - A rule that says nothing about dial strings lets nobody dial.
//   - While anything is denied to be dialled, a dial string that cannot be read for certain is not dialled.
//   - Decisions do not hold the dial string, so that they can be logged and shown to callers.
//
// A Policy is compiled once from its configuration, which reports all mistakes together, and never changes.
package policy
