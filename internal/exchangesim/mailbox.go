package exchangesim

// keptCalls is how many calls a mailbox knows; the oldest are forgotten.
const keptCalls = 200_000

// Mailbox holds the voice settings of one user. A nil pointer is a value that the server leaves out of its reply.
type Mailbox struct {
	UMEnabled                     bool
	OofStatus                     bool
	MissedCallNotificationEnabled bool
	PlayOnPhoneDialString         *string
	TelephoneAccessNumbers        *string
	TelephoneAccessFolderEmail    *string
	PINResets                     int

	calls map[string]*Call
	order []*Call // as they were placed
}

func newMailbox() *Mailbox {
	dial, numbers := "4255550123", "4255550100"
	return &Mailbox{
		UMEnabled: true, MissedCallNotificationEnabled: true,
		PlayOnPhoneDialString: &dial, TelephoneAccessNumbers: &numbers,
		calls: map[string]*Call{},
	}
}

// Mailbox returns a copy of the settings of a user's mailbox.
func (s *Server) Mailbox(user string) Mailbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	copied := *s.mailbox(user)
	copied.calls, copied.order = nil, nil
	return copied
}

// EditMailbox changes the settings of a user's mailbox. The function must not call the server.
func (s *Server) EditMailbox(user string, edit func(*Mailbox)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(s.mailbox(user))
}

// Calls returns the calls of a user's mailbox in the order in which they were placed, the last 200,000.
func (s *Server) Calls(user string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mailbox(user)
	calls := make([]Call, 0, len(m.order))
	for _, call := range m.order {
		calls = append(calls, *call)
	}
	return calls
}

// mailbox finds or makes a user's mailbox. The caller holds the lock.
func (s *Server) mailbox(user string) *Mailbox {
	m := s.mailboxes[user]
	if m == nil {
		m = newMailbox()
		s.mailboxes[user] = m
	}
	return m
}

// call finds a call that was placed in a dialect, or nil.
func (m *Mailbox) call(dialect, id string) *Call {
	if call := m.calls[id]; call != nil && call.Dialect == dialect {
		return call
	}
	return nil
}

func (m *Mailbox) add(c *Call) {
	m.calls[c.ID] = c
	m.order = append(m.order, c)
	if len(m.order) > keptCalls {
		delete(m.calls, m.order[0].ID)
		m.order[0] = nil
		m.order = m.order[1:]
	}
}
