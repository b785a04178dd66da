package main

import (
	"context"
	"errors"
)

// budget is what a call may allocate.
type budget struct {
	load    load
	objects float64 // at most
}

func budgets() []budget {
	return []budget{{load{protocolGRPC, 4, 4}, 80}, {load{protocolPath, 16, 1}, 90}, {load{protocolBody, 16, 1}, 90}}
}

// allocated is what one call allocates in the whole process of the gateway.
type allocated struct {
	objects, bytes float64
	collections    float64 // of garbage, in a second
}

// allocations measures the build of the gateway that has the hook.
func (b *bench) allocations(ctx context.Context, l load) (a allocated, err error) {
	s := &stand{}
	defer func() { err = errors.Join(err, s.stop()) }()
	if s.backend, err = s.keep(launch(ctx, b.role("SOAP", "backend", "0s"))); err != nil {
		return a, err
	}
	server, err := s.keep(b.serve(ctx, theGateway, s.backend.address["SOAP"], true))
	if err != nil {
		return a, err
	}
	loader, err := s.keep(b.call(ctx, l, server))
	if err != nil {
		return a, err
	}
	before, err := server.memory("")
	if err != nil {
		return a, err
	}
	profiled := b.profile(server, l.Protocol)
	var r result
	if err := loader.ask(order{For: b.duration}, &r); err != nil {
		return a, err
	}
	after, err := server.memory("")
	if err := errors.Join(err, <-profiled); err != nil {
		return a, err
	}
	return allocated{
		objects:     float64(after.Objects-before.Objects) / float64(r.Calls),
		bytes:       float64(after.Bytes-before.Bytes) / float64(r.Calls),
		collections: float64(after.Collections-before.Collections) / r.Seconds,
	}, nil
}
