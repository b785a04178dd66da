package lease

import "strings"

// DefaultBackend is the backend whose calls have their own ids for keys, as all calls had before there was a choice.
const DefaultBackend = "default"

// keyMark stands before and after the name of a backend. XML forbids it, so that no id of a call has it.
const keyMark = "\x00"

// Key names a call of a backend, for a Keeper and its stores: two backends may give one id to two calls.
func Key(backend, callID string) string {
	if backend == DefaultBackend {
		return callID
	}
	return keyMark + backend + keyMark + callID
}

// SplitKey is the reverse of Key.
func SplitKey(key string) (backend, callID string) {
	if inner, marked := strings.CutPrefix(key, keyMark); marked {
		if backend, callID, whole := strings.Cut(inner, keyMark); whole {
			return backend, callID
		}
	}
	return DefaultBackend, key
}
