// Package hook lets the harness look into a process that it measures: how much it has allocated, and where it spends its
// time. The harness compiles it into a build of the gateway of its own; no program that is shipped contains it.
package hook

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof" // what it registers is served here
	"os"
	"runtime"
)

// Variable is the environment variable that must be set for Start to do anything.
const Variable = "UMGATEWAY_BENCH_HOOK"

// Memory is what a process has allocated since it began.
type Memory struct {
	Objects     uint64 // allocated, the tiny ones too
	Bytes       uint64 // allocated
	Live        uint64 // bytes of the heap that are in use
	Collections uint32
	Goroutines  int
}

// Start serves Memory as JSON at /memory, and the profiles of net/http/pprof, on a free port of the loopback interface. It
// prints where.
func Start() {
	if os.Getenv(Variable) == "" {
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "hook:", err)
		os.Exit(1)
	}
	http.HandleFunc("/memory", serveMemory)
	fmt.Printf("hook ready at %s\n", listener.Addr())
	go func() { fmt.Fprintln(os.Stderr, "hook:", http.Serve(listener, nil)) }()
}

func serveMemory(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("gc") {
		runtime.GC()
	}
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	_ = json.NewEncoder(w).Encode(Memory{Objects: s.Mallocs, Bytes: s.TotalAlloc, Live: s.HeapAlloc, Collections: s.NumGC, Goroutines: runtime.NumGoroutine()})
}
