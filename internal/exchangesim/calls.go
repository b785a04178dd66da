package exchangesim

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"
)

// Timeline says how long a call stays in each state.
type Timeline struct {
	Connecting, Alerted, Connected time.Duration
}

// DefaultTimeline is quick enough to watch and slow enough to see.
var DefaultTimeline = Timeline{Connecting: time.Second, Alerted: 2 * time.Second, Connected: time.Minute}

// Call is a simulated call.
type Call struct {
	ID         string
	DialString string
	Message    string // the entry id or the greeting that is played
	Started    time.Time

	timeline Timeline
	ended    bool // by Disconnect
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

// newCallID makes an id as Exchange does: a GUID and the name of the UM server, in base64.
func newCallID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	guid := fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
	return base64.StdEncoding.EncodeToString([]byte(guid + "@um-sim-01.example.com"))
}
