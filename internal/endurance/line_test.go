package endurance

import (
	"regexp"
	"strings"
	"sync"
	"time"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// line is a call that stands still until it is released. From then on each poll takes it on by a second, so that it takes as
// many polls to its end as the timeline has seconds, and one.
type line struct {
	mu       sync.Mutex
	now      time.Time
	released bool
	asked    [2]int                       // before and since the release
	first    map[umv1.CallState]time.Time // when a reply has told a state for the first time
}

// Now is the clock of the call.
func (l *line) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// polled is told of each exchange, before the reply is sent.
func (l *line) polled(e exchangesim.Exchange) {
	if e.Operation != "GetCallInfo" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if state := stateIn(e.Reply); l.first[state].IsZero() {
		l.first[state] = time.Now()
	}
	if !l.released {
		l.asked[0]++
		return
	}
	l.asked[1]++
	l.now = l.now.Add(time.Second)
}

func (l *line) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.released = true
}

// polls tells how often the call was asked for, before the release and since.
func (l *line) polls() (before, since int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[0], l.asked[1]
}

// told is when Exchange first told of a state.
func (l *line) told(state umv1.CallState) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first[state]
}

var callState = regexp.MustCompile(`<CallState>(\w+)</CallState>`)

// stateIn is the state that a reply tells of.
func stateIn(reply string) umv1.CallState {
	if match := callState.FindStringSubmatch(reply); match != nil {
		return umv1.CallState(umv1.CallState_value["CALL_STATE_"+strings.ToUpper(match[1])])
	}
	return umv1.CallState_CALL_STATE_UNSPECIFIED
}
