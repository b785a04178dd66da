package transport

import "time"

// trial is the permission to show a credential. The zero value permits and records nothing.
type trial struct {
	guard *Guard
	who   credential
	alone chan struct{} // nil if the credential is proven and others may be shown at the same time
}

// accepted records that the server accepted the credential.
func (t *trial) accepted() {
	if t.guard == nil {
		return
	}
	t.guard.mu.Lock()
	s := t.standing()
	s.accepted, s.rejections, s.until = time.Now(), 0, time.Time{}
	t.guard.mu.Unlock()
	t.end()
}

// rejected records that the server rejected the credential, and tells how long it is held off.
func (t *trial) rejected() time.Duration {
	g := t.guard
	g.mu.Lock()
	s, now := t.standing(), time.Now()
	if !now.Before(s.until) {
		s.until = now.Add(g.backOff(s))
		s.rejections++
	}
	wait := s.until.Sub(now)
	g.mu.Unlock()
	t.end()
	return wait
}

func (g *Guard) backOff(s *standing) time.Duration {
	wait := g.config.HoldOff
	if !s.accepted.IsZero() {
		wait /= 10
	}
	for range s.rejections {
		wait = min(2*wait, g.config.MaxHoldOff)
	}
	return wait
}

func (t *trial) standing() *standing {
	a := t.guard.account(t.who.account, time.Now())
	s := a.standings[t.who.secret]
	if s == nil {
		s = &standing{}
		a.standings[t.who.secret] = s
	}
	return s
}

// end lets the next call try. Without accepted or rejected before it, nothing was learned.
func (t *trial) end() {
	if t.alone == nil {
		return
	}
	t.guard.mu.Lock()
	if a := t.guard.accounts[t.who.account]; a != nil && a.trying == t.alone {
		a.trying = nil
	}
	t.guard.mu.Unlock()
	close(t.alone)
	t.alone = nil
}
