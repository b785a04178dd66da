package exchangesim

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// Timeline says how long a call stays in each state.
type Timeline struct {
	Connecting, Alerted, Connected time.Duration
}

// DefaultTimeline is quick enough to watch and slow enough to see.
var DefaultTimeline = Timeline{Connecting: time.Second, Alerted: 2 * time.Second, Connected: time.Minute}

func (t Timeline) check() error {
	if t.Connecting < 0 || t.Alerted < 0 || t.Connected < 0 {
		return errors.New("exchangesim: the timeline has a negative duration")
	}
	return nil
}

// Call is a simulated call.
type Call struct {
	ID         string
	DialString string
	Message    string // the id of the message, or the greeting, that is played
	Started    time.Time
	Dialect    string // UMWS or EWS: its id means nothing to the other

	timeline Timeline
	ended    bool // by a request
}

// place makes a call. The caller holds the server's lock.
func (s *Server) place(m *Mailbox, dialect, number, message string) *Call {
	call := &Call{
		ID: newCallID(dialect), DialString: number, Message: message, Dialect: dialect,
		Started: s.config.Clock.Now(), timeline: s.config.Timeline,
	}
	m.add(call)
	return call
}

// disconnect ends the call, unless it has ended: the cause of its end stays what it was.
func (c *Call) disconnect(now time.Time) {
	if state, _ := c.state(now); state != "Disconnected" {
		c.ended = true
	}
}

// state works out where the call stands at a time, and why it ended.
func (c *Call) state(now time.Time) (state, cause string) {
	if c.ended {
		return "Disconnected", "None"
	}
	elapsed := now.Sub(c.Started)
	alerted := c.timeline.Connecting
	connected := alerted + c.timeline.Alerted
	switch {
	case elapsed < alerted:
		return "Connecting", "None"
	case c.DialString == BusyNumber:
		return "Disconnected", "UserBusy"
	case c.DialString == UnavailableNumber:
		return "Disconnected", "Unavailable"
	case elapsed < connected:
		return "Alerted", "None"
	case c.DialString == NoAnswerNumber:
		return "Disconnected", "NoAnswer"
	case elapsed < connected+c.timeline.Connected:
		return "Connected", "None"
	}
	return "Disconnected", "None"
}

// newCallID makes an id as Exchange does: umws has a GUID and the name of the UM server in base64, ews something shorter.
func newCallID(dialect string) string {
	var b [16]byte
	rand.Read(b[:])
	if dialect == EWS {
		return base64.StdEncoding.EncodeToString(b[:])
	}
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	guid := fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
	return base64.StdEncoding.EncodeToString([]byte(guid + "@um-sim-01.example.com"))
}
