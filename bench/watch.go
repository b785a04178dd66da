package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// watchStates are the states that the watched call changes between. The gateway polls as often in one as in the other.
var watchStates = [...]umv1.CallState{umv1.CallState_CALL_STATE_CONNECTING, umv1.CallState_CALL_STATE_ALERTED}

// watchLoad is as many streams as the gateway allows on a connection by default, on ten of them.
var watchLoad = load{Connections: 10, Streams: 1000}

// What streams on one call should cost.
const (
	streamTarget = 40  // kB of resident memory each, at most
	fanOutTarget = 100 // ms until the last of them has an event, at most
)

// settleTime is for the collector, before memory is looked at. Heartbeats come later than that.
const settleTime = 3 * time.Second

// watched is what streams on one call cost.
type watched struct {
	memory  float64 // kB for each stream
	fanOut  figure  // ms from the backend's reply to the last event
	between figure  // ms from the first event to the last
	cpu     figure  // µs of the gateway for each event
}

// watch opens the streams, has the call change its state again and again, and looks at when all have seen it.
func (b *bench) watch(ctx context.Context) (w watched, err error) {
	s := &stand{}
	defer func() { err = errors.Join(err, s.stop()) }()
	if s.backend, err = s.keep(launch(ctx, b.role("SOAP", "backend", "0s"))); err != nil {
		return w, err
	}
	gateway := theGateway
	gateway.program = b.other
	server, err := s.keep(b.serve(ctx, gateway, s.backend.address["SOAP"], false))
	if err != nil {
		return w, err
	}
	before, err := server.resident()
	if err != nil {
		return w, err
	}
	watchers, err := s.keep(b.calls(ctx, "watchers", watchLoad, server.address["gRPC"]))
	if err != nil {
		return w, err
	}
	select {
	case <-time.After(settleTime):
	case <-ctx.Done():
		return w, ctx.Err()
	}
	after, err := server.resident()
	if err != nil {
		return w, err
	}
	w.memory = float64(after-before) / 1e3 / float64(watchLoad.inFlight())
	for round := range b.rounds {
		if err := w.change(s, server, watchers, watchStates[(round+1)%len(watchStates)]); err != nil {
			return w, err
		}
	}
	return w, nil
}

// change has the call change its state.
func (w *watched) change(s *stand, server, watchers *process, state umv1.CallState) error {
	if err := watchers.tell(int32(state)); err != nil {
		return err
	}
	cpuBefore, err := server.cpu()
	if err != nil {
		return err
	}
	if _, err := s.ask(statePath + strconv.Itoa(int(state))); err != nil {
		return err
	}
	var seen arrivals
	if err := watchers.answer(&seen); err != nil {
		return err
	}
	cpuAfter, err := server.cpu()
	if err != nil {
		return err
	}
	replied, err := s.ask(repliedPath)
	if err != nil {
		return err
	}
	w.fanOut = append(w.fanOut, float64(seen.Last-int64(replied))/1e6)
	w.between = append(w.between, float64(seen.Last-seen.First)/1e6)
	w.cpu = append(w.cpu, micros(cpuAfter-cpuBefore)/float64(seen.Streams))
	return nil
}

func (w watched) report(out io.Writer) {
	fmt.Fprintf(out, "\nWatchCall, %d streams on one call over %d connections\n", watchLoad.inFlight(), watchLoad.Connections)
	fmt.Fprintf(out, "  memory of a stream          %6.1f kB  %s\n", w.memory, verdict("≤", w.memory, streamTarget))
	fmt.Fprintf(out, "  fan-out of an event to all  %6.1f ms  %s  (± %.0f%%; %.1f ms from the first to the last)\n",
		w.fanOut.median(), verdict("≤", w.fanOut.median(), fanOutTarget), 100*w.fanOut.noise(), w.between.median())
	fmt.Fprintf(out, "  CPU of an event on a stream %6.1f µs\n", w.cpu.median())
}
