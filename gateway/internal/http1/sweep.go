package http1

import "time"

// A call during which the sweeper has come by twice takes long: its client may have left. It is looked for each second time.
const (
	sweepInterval = 25 * time.Millisecond
	sweepsToLook  = 2
	// sweepsToRest is after how many sweeps that found no call the sweeper rests.
	sweepsToRest = 40
)

// wakeSweeper has clients that leave looked for while there are calls in flight.
func (f *Front) wakeSweeper() {
	if !f.sweeping.Load() && f.sweeping.CompareAndSwap(false, true) {
		go f.sweepAll()
	}
}

func (f *Front) sweepAll() {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		for idle := 0; idle < sweepsToRest; idle++ {
			select {
			case <-ticker.C:
			case <-f.ended:
				return
			}
			if f.sweep() {
				idle = 0
			}
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
