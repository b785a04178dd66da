package exchangesim

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
	order []string // of the calls' ids, as they were placed
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

// Calls returns the calls of a user's mailbox in the order in which they were placed.
func (s *Server) Calls(user string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mailbox(user)
	calls := make([]Call, 0, len(m.order))
	for _, id := range m.order {
		calls = append(calls, *m.calls[id])
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

func (m *Mailbox) add(c *Call) {
	m.calls[c.ID] = c
	m.order = append(m.order, c.ID)
}
