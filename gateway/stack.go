package gateway

// callStack is what a call takes of its goroutine's stack, in bytes, on top of what gRPC has taken when it hands the call over.
const callStack = 8 << 10

// growStack makes room on the stack for a call, by having it in its own frame; it does nothing with it. The runtime would make
// room by itself, but only deep in the call, with all frames on the stack that have to be moved then: in a goroutine that is
// new, as those of more calls than there are workers, or whose stack was cut down while it was idle.
//
//go:noinline
func growStack(at int) byte {
	if at < 0 {
		return 0
	}
	var room [callStack]byte // cleared only where it is used
	return room[at]
}
