package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// view shows the changes of a call.
type view interface {
	event(*umv1.WatchCallResponse) error
	close()
}

func (env *environment) newView() view {
	switch {
	case env.flags.Output == "json":
		return jsonView{env}
	case env.terminal:
		return newLiveView(env.stdout)
	}
	return plainView{env.stdout}
}

// jsonView prints each event as one line of JSON.
type jsonView struct{ env *environment }

func (v jsonView) event(e *umv1.WatchCallResponse) error { return v.env.showJSON(e, "") }

func (v jsonView) close() {}

// plainView prints each event on a line, with its time in UTC.
type plainView struct{ w io.Writer }

func (v plainView) event(e *umv1.WatchCallResponse) error {
	_, err := fmt.Fprintf(v.w, "%s  %s\n", e.GetObserveTime().AsTime().Format(time.RFC3339), describe(e))
	return written(err)
}

func (v plainView) close() {}

// redraw goes back to the start of the line and clears it (ECMA-48: carriage return, EL).
const redraw = "\r\x1b[2K"

// liveView shows on a terminal how long the present state lasts, and leaves a line behind for each that has passed.
type liveView struct {
	w       io.Writer
	ticker  *time.Ticker
	done    chan struct{}
	stopped sync.WaitGroup

	mu    sync.Mutex
	state string // the line that is drawn over; empty if there is none
	since time.Time
}

func newLiveView(w io.Writer) *liveView {
	v := &liveView{w: w, ticker: time.NewTicker(time.Second), done: make(chan struct{})}
	v.stopped.Go(v.tick)
	return v
}

func (v *liveView) tick() {
	for {
		select {
		case <-v.done:
			return
		case <-v.ticker.C:
			v.mu.Lock()
			if v.state != "" {
				fmt.Fprintf(v.w, "%s%s  %ds", redraw, v.state, int(time.Since(v.since).Seconds()))
			}
			v.mu.Unlock()
		}
	}
}

func (v *liveView) event(e *umv1.WatchCallResponse) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pass()
	now := e.GetObserveTime().AsTime().Local().Format(time.TimeOnly) + "  " + describe(e)
	if e.GetEnded() {
		_, err := fmt.Fprintln(v.w, now)
		return written(err)
	}
	v.state, v.since = now, time.Now()
	_, err := fmt.Fprint(v.w, v.state)
	return written(err)
}

// pass leaves the line of the present state behind. The mutex is held.
func (v *liveView) pass() {
	if v.state != "" {
		fmt.Fprintf(v.w, "%s%s  %.1fs\n", redraw, v.state, time.Since(v.since).Seconds())
		v.state = ""
	}
}

// close ends the drawing; whatever is printed next has a line of its own.
func (v *liveView) close() {
	v.ticker.Stop()
	close(v.done)
	v.stopped.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pass()
}
