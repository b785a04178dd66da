package lease

import "time"

// record is a lease as stores of one process keep it.
type record struct {
	Unattended time.Duration `json:"unattended,omitempty"`
	Renewed    time.Time     `json:"renewed"`          // when the last sign was seen that somebody cares
	End        time.Time     `json:"end,omitzero"`     // when it ends in any case; zero for never
	Claimed    bool          `json:"claimed,omitzero"` // it has run out, and the call is to be ended
}

func newRecord(terms Terms, now time.Time) record {
	r := record{Unattended: terms.Unattended, Renewed: now}
	if terms.Longest > 0 {
		r.End = now.Add(terms.Longest)
	}
	return r
}

// at is the lease at a time.
func (r record) at(now time.Time) Lease {
	l := Lease{Left: Endless, Unattended: r.Unattended, Longest: Endless}
	if !r.End.IsZero() {
		l.Longest = max(r.End.Sub(now), 0)
		l.Left = l.Longest
	}
	if r.Unattended > 0 {
		unattended := max(r.Renewed.Add(r.Unattended).Sub(now), 0)
		if l.Left == Endless || unattended < l.Left {
			l.Left = unattended
		}
	}
	if r.Claimed {
		l.Left = 0
	}
	return l
}

// renew notes a sign, and tells whether that is still possible.
func (r *record) renew(at time.Time) bool {
	if at.After(r.Renewed) {
		r.Renewed = at
	}
	return !r.Claimed
}

// claim tells whether the lease has run out.
func (r *record) claim(now time.Time) bool {
	r.Claimed = r.at(now).Left == 0
	return r.Claimed
}
