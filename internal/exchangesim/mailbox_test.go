package exchangesim

import "testing"

func TestAMailboxForgetsItsOldestCalls(t *testing.T) {
	t.Parallel()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	m := s.mailboxes[DefaultUser]
	second := s.place(m, UMWS, "1", "")
	for range keptCalls - 2 {
		s.place(m, EWS, "1", "")
	}
	if calls := s.Calls(DefaultUser); len(calls) != keptCalls || m.call(UMWS, DocumentedCallID) == nil {
		t.Fatalf("%d calls are known, want %d with the first", len(calls), keptCalls)
	}
	last := s.place(m, UMWS, "1", "")
	if m.call(UMWS, DocumentedCallID) != nil || m.call(UMWS, second.ID) == nil || m.call(UMWS, last.ID) == nil {
		t.Error("not the oldest call alone is forgotten")
	}
	if calls := s.Calls(DefaultUser); len(calls) != keptCalls || len(m.calls) != keptCalls || calls[0].ID != second.ID {
		t.Errorf("%d calls are listed and %d found, want %d", len(calls), len(m.calls), keptCalls)
	}
}
