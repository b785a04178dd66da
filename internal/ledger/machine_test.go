package ledger

import (
	"errors"
	"testing"
)

var (
	mine, theirs = Token{1}, Token{2}
	content      = Digest{3}
)

func TestCallerDoesWhatTheRecordAllows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule    string
		state   State
		expired bool
		digest  Digest
		want    verdict
	}{
		{"nothing is there", StateNone, false, Digest{}, verdictReserve},
		{"somebody has it", StateReserved, false, content, verdictJoin},
		{"its owner died before it was sent", StateReserved, true, content, verdictTakeOver},
		{"it was sent and its owner lives", StateSent, false, content, verdictJoin},
		{"it was sent and its owner died", StateSent, true, content, verdictDeclare},
		{"accepted", StateAccepted, false, content, verdictReplay},
		{"accepted long ago", StateAccepted, true, content, verdictReplay},
		{"rejected long ago", StateRejected, true, content, verdictReplay},
		{"unknown", StateUnknown, false, content, verdictReplay},
		{"unknown for long", StateUnknown, true, content, verdictReplay},
		{"other content is reserved", StateReserved, false, Digest{4}, verdictReused},
		{"other content whose owner died", StateReserved, true, Digest{4}, verdictReused},
		{"other content was sent", StateSent, true, Digest{4}, verdictReused},
		{"other content was accepted", StateAccepted, false, Digest{4}, verdictReused},
		{"other content is unknown", StateUnknown, false, Digest{4}, verdictReused},
	} {
		found := Snapshot{Record: Record{State: c.state, Owner: theirs, Digest: c.digest}, Expired: c.expired}
		if got := judge(found, content); got != c.want {
			t.Errorf("%s: verdict %d, want %d", c.rule, got, c.want)
		}
	}
}

// lost stands for ErrLost in the table of steps.
const lost = State(0xff)

func TestOwnersStepsFollowTheDocumentedArrows(t *testing.T) {
	t.Parallel()
	states := []State{StateNone, StateReserved, StateSent, StateAccepted, StateRejected, StateUnknown}
	for name, c := range map[string]struct {
		step    step
		outcome Outcome
		to      [6]State // one for each of states
	}{
		"renew":           {stepRenew, Outcome{}, [6]State{lost, StateReserved, StateSent, lost, lost, lost}},
		"send":            {stepSend, Outcome{}, [6]State{lost, StateSent, StateSent, lost, lost, lost}},
		"finish accepted": {stepFinish, Accepted([]byte("a")), [6]State{lost, StateAccepted, StateAccepted, StateAccepted, lost, StateAccepted}},
		"finish rejected": {stepFinish, Rejected([]byte("r")), [6]State{lost, StateRejected, StateRejected, lost, StateRejected, StateRejected}},
		"finish unknown":  {stepFinish, Unknown([]byte("u")), [6]State{lost, StateUnknown, StateUnknown, lost, lost, StateUnknown}},
		"abandon":         {stepAbandon, Outcome{}, [6]State{StateNone, StateNone, StateNone, StateAccepted, StateRejected, StateUnknown}},
	} {
		for i, from := range states {
			found := Record{State: from, Version: Version{9}, Owner: mine, Digest: content, Result: []byte("before")}
			if from == StateNone {
				found = Record{}
			}
			after, write, err := next(found, mine, c.step, c.outcome)
			if !write && err == nil {
				after = found
			}
			switch want := c.to[i]; {
			case (want == lost) != errors.Is(err, ErrLost):
				t.Errorf("%s from %v: error %v", name, from, err)
			case want == lost:
			case after.State != want:
				t.Errorf("%s from %v: got %v, want %v", name, from, after.State, want)
			case write && after.State != StateNone && (after.Owner != mine || after.Digest != content || after.Version == found.Version || after.Version == Version{}):
				t.Errorf("%s from %v: got %+v", name, from, after)
			case write && string(after.Result) != string(c.outcome.Result):
				t.Errorf("%s from %v: result %q", name, from, after.Result)
			case !write && from != StateNone && !from.final():
				t.Errorf("%s from %v: nothing is written", name, from)
			}
			if from != StateNone {
				if _, _, err := next(found, theirs, c.step, c.outcome); !errors.Is(err, ErrLost) {
					t.Errorf("%s from %v by another owner: %v", name, from, err)
				}
			}
		}
	}
}

func TestDeclaredRecordKeepsItsSenderAndHasNoAnswer(t *testing.T) {
	t.Parallel()
	found := Record{State: StateSent, Version: Version{9}, Owner: theirs, Digest: content}
	got := declared(found)
	if got.State != StateUnknown || got.Owner != theirs || got.Digest != content || got.Result != nil || got.Version == found.Version {
		t.Errorf("got %+v", got)
	}
}
