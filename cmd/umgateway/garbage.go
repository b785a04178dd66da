package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// headroomBytes is how much the heap may grow between two collections of garbage on top of what Go allows: as much again as
// is in use. The gateway keeps little, and would collect twenty times a second under load. In megabytes it is what the
// gateway may use and still stay below 50 with its program.
const headroomBytes = 4 << 20

// headroom returns memory that nobody ever touches: it is never resident, but the collector counts it as in use. Unlike a
// higher GOGC it adds no more than itself where much is in use. It is nil where the operator has said how to collect. The
// caller keeps it for as long as it is to work.
func headroom() []byte {
	for _, name := range [...]string{"GOGC", "GOMEMLIMIT"} {
		if _, set := os.LookupEnv(name); set {
			return nil
		}
	}
	return make([]byte, headroomBytes)
}

// tidy gives back the memory that was only needed to get ready.
func tidy() { debug.FreeOSMemory() }

// forgetAllocations keeps the runtime from noting where memory is allocated, where nobody can ask for that.
func (f *adminFlags) forgetAllocations() {
	if !f.AdminPprof {
		runtime.MemProfileRate = 0
	}
}
