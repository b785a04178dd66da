package http1

import "time"

// A call during which the sweeper has come by twice takes long: its client may have left. It is looked for each second time.
const (
	sweepInterval = 25 * time.Millisecond
	sweepsToLook  = 2
	// sweepsToRest is after how many sweeps that found no call the sweeper rests.
	sweepsToRest = 40
	// sweepShare is which part of the time sweeps take at most. One that comes by 50,000 connections takes 8 ms.
	sweepShare = 20
)

// pause is how long to wait after a sweep that took so long.
func pause(took time.Duration) time.Duration { return max(sweepInterval, sweepShare*took) }

// wakeSweeper has clients that leave looked for while there are calls in flight.
func (f *Front) wakeSweeper() {
	if !f.sweeping.Load() && f.sweeping.CompareAndSwap(false, true) {
		go f.sweepAll()
	}
}

func (f *Front) sweepAll() {
	timer := time.NewTimer(sweepInterval)
	defer timer.Stop()
	for {
		for idle := 0; idle < sweepsToRest; idle++ {
			select {
			case <-timer.C:
			case <-f.ended:
				return
			}
			start := time.Now()
			if f.sweep() {
				idle = 0
			}
			timer.Reset(pause(time.Since(start)))
		}
		f.sweeping.Store(false)
		// A call that has begun meanwhile believes that somebody is awake.
		if !f.sweep() || !f.sweeping.CompareAndSwap(false, true) {
			return
		}
	}
}

// sweep ends the contexts of calls whose clients have left. It tells whether there are calls.
func (f *Front) sweep() (found bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.connections {
		x := c.call.Load()
		if x == nil {
			continue
		}
		found = true
		if x.sweeps++; x.sweeps%sweepsToLook == 0 && c.hasLeft() {
			x.context.end()
		}
	}
	return found
}
