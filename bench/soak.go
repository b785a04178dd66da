package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/umgateway/umgateway/bench/hook"
)

// soakRest is the share of the time in which the load of the long run rests.
const soakRest = 0.5

// soak has the gateway called over both fronts at half load for a long time, and prints its memory once a minute.
func (b *bench) soak(ctx context.Context, w io.Writer, d time.Duration) (err error) {
	s := &stand{}
	defer func() { err = errors.Join(err, s.stop()) }()
	if s.backend, err = s.keep(launch(ctx, b.role("SOAP", "backend", "0s"))); err != nil {
		return err
	}
	server, err := s.keep(b.serve(ctx, theGateway, s.backend.address["SOAP"], true))
	if err != nil {
		return err
	}
	var loads []*process
	for _, l := range []load{{protocolGRPC, 4, 4}, {protocolPath, 16, 1}} {
		loader, err := s.keep(b.call(ctx, l, server))
		if err != nil {
			return err
		}
		loads = append(loads, loader)
	}
	fmt.Fprintf(w, "\nMemory over %v of half load on both fronts\n  minute  calls  RSS  heap in use after a collection  goroutines\n", d)
	calls := 0
	for minute := 1; minute <= int(d/time.Minute); minute++ {
		made, err := together(loads, order{For: time.Minute, Rest: soakRest})
		if err != nil {
			return err
		}
		calls += made
		resident, err := server.resident()
		if err != nil {
			return err
		}
		m, err := server.memory("?gc")
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %6d  %d  %.1f MB  %.2f MB  %d\n", minute, calls, float64(resident)/1e6, float64(m.Live)/1e6, m.Goroutines)
	}
	return nil
}

// together has several loads call at the same time, and returns how many calls they made.
func together(loads []*process, o order) (calls int, err error) {
	for _, l := range loads {
		if err := json.NewEncoder(l.input).Encode(o); err != nil {
			return 0, err
		}
	}
	for _, l := range loads {
		var r result
		if err := l.answer(&r); err != nil {
			return 0, err
		}
		calls += r.Calls
	}
	return calls, nil
}

// memory asks a process that has the hook.
func (p *process) memory(query string) (m hook.Memory, err error) {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get("http://" + p.address["hook"] + "/memory" + query)
	if err != nil {
		return m, fmt.Errorf("ask for the memory: %w", err)
	}
	defer response.Body.Close()
	return m, json.NewDecoder(response.Body).Decode(&m)
}
