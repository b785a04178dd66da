package console

import (
	"strings"
	"sync"
	"time"
)

// Demo describes a simulator. Everything in it is made up, and shown.
type Demo struct {
	// EntryID is the id of a message that can be played.
	EntryID string `json:"entryId"`
	// Numbers can be dialled.
	Numbers []Number `json:"numbers"`
	// Journal holds what went to the simulator and back. Required.
	Journal *Journal `json:"-"`
}

// Number is a telephone number, and what happens to whoever dials it.
type Number struct {
	DialString string `json:"dialString"`
	Meaning    string `json:"meaning"`
}

// Exchange is one request to the simulator and its reply.
type Exchange struct {
	// Sequence numbers the exchanges from 1.
	Sequence int64 `json:"sequence"`
	// Time when it ended.
	Time time.Time `json:"time"`
	// Operation of SOAP.
	Operation string `json:"operation"`
	// Status of HTTP; 0 if there was no reply.
	Status int `json:"status"`
	// Text is the exchange for people to read.
	Text string `json:"text"`
}

// What a Journal keeps.
const (
	keptExchanges = 50
	keptText      = 16 << 10 // of one exchange
)

// Journal keeps the last 50 exchanges, of each 16 KiB of text. Its zero value is ready. It is safe for concurrent use.
type Journal struct {
	mu   sync.Mutex
	last int64
	kept []Exchange
}

// Add keeps an exchange, and gives it its sequence.
func (j *Journal) Add(e Exchange) {
	if len(e.Text) > keptText {
		e.Text = strings.ToValidUTF8(e.Text[:keptText], "") + "…"
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Sequence = j.last
	if j.kept = append(j.kept, e); len(j.kept) > keptExchanges {
		j.kept = j.kept[1:]
	}
}

// After returns what is kept of the exchanges after a sequence, the oldest first. A sequence that was not given yet is one of
// another journal, before a restart: then all are returned.
func (j *Journal) After(sequence int64) []Exchange {
	j.mu.Lock()
	defer j.mu.Unlock()
	if sequence > j.last {
		sequence = 0
	}
	newer := []Exchange{}
	for _, e := range j.kept {
		if e.Sequence > sequence {
			newer = append(newer, e)
		}
	}
	return newer
}
