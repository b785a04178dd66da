package main

import (
	"fmt"
	"time"
)

// contest measures entrants beside each other, in rounds, before one backend. Ratios are to the first.
type contest struct {
	name     string // for the flag -run
	title    string
	delay    time.Duration // of the backend
	entrants []entrant
}

// entrant is a server under a load.
type entrant struct {
	name   string
	server server
	load   load
	target target
}

// server is what is measured.
type server struct {
	kind    kind
	flags   string // of the gateway, with spaces between them, beside its addresses
	program string // another build of the gateway; empty for the one that was built
}

type kind int

const (
	kindProxy kind = iota
	kindGateway
	kindOrdinary
)

// target is what the ratios to the first entrant should be; 0 for none.
type target struct {
	cpu  float64 // processor time of the server for each call, at most
	rate float64 // calls a second, at least
	p99  float64 // at most

	resident float64 // MB at most; this one is not a ratio
}

var (
	theProxy    = server{kind: kindProxy}
	theGateway  = server{kind: kindGateway}
	theOrdinary = server{kind: kindOrdinary}
)

// atMost is how much more a call may cost when there are more calls or more connections.
const atMost = 1.1

// contests lists what "make bench" measures.
func contests() []contest {
	list := []contest{
		versus("grpc", "gRPC Disconnect", 0, load{protocolGRPC, 4, 4}, target{cpu: 0.80, rate: 1.0, p99: 0.85, resident: 50}),
		versus("rest", "REST Disconnect, id in the path", 0, load{protocolPath, 16, 1}, target{cpu: 0.70, rate: 1.3, p99: 0.85, resident: 50}),
		versus("body", "REST Disconnect, id in the body", 0, load{protocolBody, 16, 1}, target{cpu: 0.70, rate: 1.3, p99: 0.85, resident: 50}),
		versus("slow", "gRPC Disconnect", 5*time.Millisecond, load{protocolGRPC, 4, 16}, target{cpu: 0.70}),
		versus("one", "gRPC Disconnect, one call at a time", 0, load{protocolGRPC, 1, 1}, target{cpu: 1.0}),
	}
	inFlight := contest{name: "flight", title: "gRPC Disconnect, more calls in flight"}
	for _, l := range []load{{protocolGRPC, 4, 4}, {protocolGRPC, 4, 16}, {protocolGRPC, 4, 64}, {protocolGRPC, 10, 100}} {
		inFlight.entrants = append(inFlight.entrants,
			entrant{name: fmt.Sprintf("gateway, %d in flight", l.inFlight()), server: theGateway, load: l, target: target{cpu: atMost}})
	}
	inFlight.entrants[0].target = target{}
	few, many := theGateway, theGateway
	few.flags, many.flags = "--backend-max-conns 8", "--backend-max-conns 64"
	connections := contest{name: "connections", title: "gRPC Disconnect, more connections to the backend", entrants: []entrant{
		{name: "gateway, 8 connections", server: few, load: load{protocolGRPC, 4, 16}},
		{name: "gateway, 64 connections", server: many, load: load{protocolGRPC, 4, 16}, target: target{cpu: atMost}},
	}}
	return append(list, inFlight, connections)
}

// against puts another build of the gateway in the place of the ordinary one, wherever the gateway is.
func (c contest) against(program string) contest {
	var entrants []entrant
	for _, e := range c.entrants {
		if e.server.kind == kindOrdinary {
			continue
		}
		entrants = append(entrants, e)
		if e.server.kind == kindGateway {
			e.name, e.server.program, e.target = e.name+", other build", program, target{}
			entrants = append(entrants, e)
		}
	}
	c.entrants = entrants
	return c
}

// versus puts the gateway between the reverse proxy and the ordinary gateway.
func versus(name, title string, delay time.Duration, l load, t target) contest {
	return contest{
		name: name, delay: delay,
		title: fmt.Sprintf("%s, %d in flight on %d connections, backend delay %v", title, l.inFlight(), l.Connections, delay),
		entrants: []entrant{
			{name: "reverse proxy", server: theProxy, load: l.as(protocolSOAP)},
			{name: "gateway", server: theGateway, load: l, target: t},
			{name: "ordinary gateway", server: theOrdinary, load: l},
		},
	}
}
