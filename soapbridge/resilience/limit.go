package resilience

// limit adapts how many exchanges may be under way at a time: additive increase, multiplicative decrease, judged once in
// each round, which is as many exchanges as the limit itself. It listens to lateness and refusal, not to latency: dials
// take seconds where polls take milliseconds, and a limit that follows latency mistakes the mix for overload.
type limit struct {
	now, least, most int

	ended  int  // exchanges of this round that have ended
	bad    int  // those with a sign of overload
	wanted bool // somebody waited during this round
}

func newLimit(least, most int) limit { return limit{now: most, least: least, most: most} }

// end notes the end of an exchange. waiting is how many calls wait for their turn.
func (l *limit) end(overloaded bool, waiting int) {
	l.ended++
	if overloaded {
		l.bad++
	}
	l.wanted = l.wanted || waiting > 0
	if l.ended < l.now {
		return
	}
	switch {
	case l.bad*10 > l.ended:
		l.now = max(l.least, l.now/2)
	case l.bad == 0 && l.wanted:
		l.now = min(l.most, l.now+1)
	}
	l.ended, l.bad, l.wanted = 0, 0, false
}
