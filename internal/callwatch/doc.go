// Package callwatch follows telephone calls for any number of watchers.
//
// It promises that the watchers of one call, together, cost the backend the polls of one; that a watcher who reads slowly
// holds up nobody else and misses no more than states that have passed; that a watcher who leaves is forgotten at once, and
// the polling with the last one; and that every watch ends with an event that says why the call ended, or with an error.
//
// Watchers of one call share its polls only if they act as the same account at the backend.
package callwatch
